import { describe, expect, test } from '@jest/globals';
import type { Assignment } from '../../../core/api/ring-document.ts';
import { replicaSet } from '../../../core/ring/ring.ts';
import { type Transfer, transfers } from '../../../core/ring/transfers.ts';
import { fc } from '../../properties.ts';
import { seat } from './rings.ts';

/** A ring whose every slot has this set: as many owners in turn as it has letters. */
function ringOf(set: string, quorums = { w: 2, r: 2 }): Assignment {
  return {
    layout: { kind: 'flat' },
    replicationFactor: set.length,
    writeQuorum: quorums.w,
    readQuorum: quorums.r,
    seats: Array.from(set, (name) => seat(name, name < 'm' ? 'low' : 'high')),
    owners: [Uint16Array.from({ length: 8 }, (_, slot) => slot % set.length)],
  };
}

function ofSlot0(from: Assignment, to: Assignment): string[] {
  return transfers(from, to)
    .filter((it) => it.slot === 0)
    .map(
      (it) => `${it.target} from ${it.pair ?? '-'} or ${it.othersNeeded} of ${it.others.join('')}`,
    )
    .sort();
}

describe('what a ring change streams', () => {
  test('nothing where nothing changes', () => {
    expect(transfers(ringOf('abc'), ringOf('abc'))).toEqual([]);
  });

  test('R6: a gained member is paired with the lost one, and has the other two as second source', () => {
    expect(ofSlot0(ringOf('abc'), ringOf('bcd'))).toEqual(['d from a or 2 of bc']);
  });

  test('R6: two joiners of one slot never stream from the same source', () => {
    expect(
      ofSlot0(ringOf('abc'), ringOf('cde'))
        .map((it) => it.slice(0, 8))
        .sort(),
    ).toEqual(['d from a', 'e from b']);
  });

  test('pairs within a zone where it can', () => {
    expect(ofSlot0(ringOf('abx'), ringOf('acy'))).toEqual([
      'c from b or 2 of ax',
      'y from x or 2 of ab',
    ]);
  });

  test('a member gained without a loss merges from enough old members to know every write', () => {
    expect(ofSlot0(ringOf('abc'), ringOf('abcd', { w: 3, r: 2 }))).toEqual([
      'd from - or 2 of abc',
    ]);
    expect(ofSlot0(ringOf('a'), ringOf('ab'))).toEqual(['b from - or 1 of a']);
  });

  test('where a set shrinks, those who stay merge from all who go', () => {
    expect(ofSlot0(ringOf('abcd', { w: 3, r: 2 }), ringOf('ab', { w: 2, r: 1 }))).toEqual([
      'a from - or 2 of cd',
      'b from - or 2 of cd',
    ]);
  });

  test('a smaller set that gains a member loses no write', () => {
    expect(ofSlot0(ringOf('abcde', { w: 3, r: 3 }), ringOf('fgh'))).toEqual(
      ['f', 'g', 'h'].map((it) => `${it} from - or 3 of abcde`),
    );
  });

  test('where an old W and the new R need not meet, every member merges until it knows every write', () => {
    expect(ofSlot0(ringOf('abc', { w: 1, r: 3 }), ringOf('abc', { w: 3, r: 1 }))).toEqual([
      'a from - or 2 of bc',
      'b from - or 2 of ac',
      'c from - or 2 of ab',
    ]);
    expect(ofSlot0(ringOf('abc', { w: 2, r: 2 }), ringOf('abc', { w: 3, r: 1 }))).toEqual([
      'a from - or 1 of bc',
      'b from - or 1 of ac',
      'c from - or 1 of ab',
    ]);
  });

  test('is derived once per pair of assignments', () => {
    const [from, to] = [ringOf('abc'), ringOf('bcd')];
    expect(transfers(from, to)).toBe(transfers(from, to));
  });
});

/** Any two sets with quorums that are strict before and after. */
const anyChange = fc
  .record({
    old: fc.subarray('abcdefg'.split(''), { minLength: 1 }),
    next: fc.subarray('abcdefgh'.split(''), { minLength: 1, maxLength: 7 }),
    oldW: fc.integer({ min: 1, max: 7 }),
    nextR: fc.integer({ min: 1, max: 7 }),
  })
  .map(({ old, next, oldW, nextR }) => {
    const strict = (n: number, of: { w?: number; r?: number }): { w: number; r: number } => {
      const w = Math.min(n, of.w ?? n - Math.min(n, of.r!) + 1);
      return { w, r: Math.min(n, of.r ?? n - w + 1) };
    };
    return {
      from: ringOf(old.join(''), strict(old.length, { w: oldW })),
      to: ringOf(next.join(''), strict(next.length, { r: nextR })),
    };
  });

/** The new members sure to hold a write after all transfers, whichever `others` they merged from. */
function holders(list: readonly Transfer[], written: readonly string[], to: readonly string[]) {
  return to.filter((member) => {
    if (written.includes(member)) return true;
    const it = list.find((each) => each.target === member);
    if (it === undefined) return false;
    if (it.pair !== null) return written.includes(it.pair);
    return it.others.filter((other) => !written.includes(other)).length < it.othersNeeded;
  });
}

describe('after all transfers of any change between strict rings', () => {
  test('every new read quorum meets every old write quorum', () => {
    fc.assert(
      fc.property(anyChange, fc.nat(), ({ from, to }, draw) => {
        const list = transfers(from, to).filter((it) => it.slot === 0);
        const old = replicaSet(from, 0),
          next = replicaSet(to, 0);
        const turn = draw % old.length;
        const written = [...old.slice(turn), ...old.slice(0, turn)].slice(0, from.writeQuorum);
        expect(holders(list, written, next).length + to.readQuorum).toBeGreaterThan(next.length);
      }),
      { numRuns: 2000 },
    );
  });

  test('so many others as stand in for a silent pair know every old write, or are too few (R6)', () => {
    fc.assert(
      fc.property(anyChange, ({ from, to }) => {
        for (const { pair, others, othersNeeded } of transfers(from, to)) {
          if (pair === null || others.length < othersNeeded) continue;
          expect(others.length + 1 - from.writeQuorum).toBeLessThan(othersNeeded);
        }
      }),
    );
  });

  test('no source serves two targets of a slot as their pair, and none is its own', () => {
    fc.assert(
      fc.property(anyChange, ({ from, to }) => {
        for (let slot = 0; slot < 8; slot++) {
          const list = transfers(from, to).filter((it) => it.slot === slot);
          const pairs = list.flatMap((it) => it.pair ?? []);
          expect(new Set(pairs).size).toBe(pairs.length);
          expect(new Set(list.map((it) => it.target)).size).toBe(list.length);
          for (const it of list) {
            expect([...it.others, it.pair]).not.toContain(it.target);
            expect(replicaSet(to, slot)).toContain(it.target);
            if (it.pair === null) expect(it.othersNeeded).toBeLessThanOrEqual(it.others.length);
            else expect(replicaSet(to, slot)).not.toContain(it.pair);
          }
        }
      }),
    );
  });

  test('every gained member has a transfer', () => {
    fc.assert(
      fc.property(anyChange, ({ from, to }) => {
        const targets = transfers(from, to).map((it) => `${it.slot} ${it.target}`);
        for (let slot = 0; slot < 8; slot++) {
          const old = replicaSet(from, slot);
          for (const member of replicaSet(to, slot)) {
            if (!old.includes(member)) expect(targets).toContain(`${slot} ${member}`);
          }
        }
      }),
    );
  });
});
