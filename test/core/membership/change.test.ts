import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import {
  abortChange,
  beginChange,
  enterReadNew,
  finishChange,
  losersOf,
  retreat,
} from '../../../core/membership/change.ts';
import { checkDocument, readSet, writeSets } from '../../../core/membership/document.ts';
import { fc } from '../../properties.ts';
import { after, begun, edit, finished, founded, wishFor } from './founded.ts';

const states = (document: RingDocument) =>
  Object.fromEntries(document.members.map((member) => [member.incarnation, member.state]));

describe('a ring change', () => {
  test('a ring is founded at epoch 1, stable, with everyone serving', () => {
    const document = founded(['a', 'b', 'c']);
    expect(document).toMatchObject({ epoch: 1, phase: 'stable', next: null, change: null });
    expect(states(document)).toEqual({ a: 'serving', b: 'serving', c: 'serving' });
  });

  test('walks through write-both and read-new to the new ring, an epoch each', () => {
    const writing = begun(['a', 'b', 'c'], ['a', 'b', 'c', 'd']);
    expect(writing).toMatchObject({ epoch: 2, phase: 'write-both', change: { began: 2 } });
    expect(states(writing)).toMatchObject({ d: 'joining' });
    const reading = edit(enterReadNew(writing, after(writing)));
    expect(reading).toMatchObject({ epoch: 3, phase: 'read-new' });
    const done = edit(finishChange(reading, after(reading)));
    expect(done).toMatchObject({
      epoch: 4,
      phase: 'stable',
      settled: { change: 'change', epoch: 4 },
    });
    expect(done.current).toBe(writing.next);
    expect(states(done)).toEqual({ a: 'serving', b: 'serving', c: 'serving', d: 'serving' });
  });

  test('reads ask the old ring in write-both and the new one in read-new; writes satisfy both', () => {
    const writing = begun(['a', 'b', 'c'], ['d', 'e', 'f']);
    const reading = edit(enterReadNew(writing, after(writing)));
    expect([...readSet(writing, 0)].sort()).toEqual(['a', 'b', 'c']);
    expect([...readSet(reading, 0)].sort()).toEqual(['d', 'e', 'f']);
    expect(writeSets(writing, 0)).toHaveLength(2);
    expect(writeSets(reading, 0)).toHaveLength(2);
  });

  test('whoever lost a slot has to clean up, a leaver stays named until its receipt', () => {
    const done = finished(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
    expect(states(done)).toMatchObject({ d: 'left' });
    expect(done.uncleaned).toEqual(['d']);
  });

  test('a lost leaver has nothing to clean up', () => {
    const writing = begun(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
    const lost = {
      ...writing,
      members: writing.members.map((m) => ({ ...m, lost: m.incarnation === 'd' })),
    };
    const reading = edit(enterReadNew(lost, after(lost)));
    expect(edit(finishChange(reading, after(reading))).uncleaned).toEqual([]);
  });

  test('goes back from read-new to write-both: the sets are what they were, and nobody has left', () => {
    const writing = begun(['a', 'b', 'c'], ['b', 'c', 'd']);
    const reading = edit(enterReadNew(writing, after(writing)));
    const back = edit(retreat(reading, after(reading)));
    expect(back).toEqual({ ...writing, epoch: 4, progress: back.progress });
    for (let slot = 0; slot < 1 << back.slotBits; slot++) {
      expect(writeSets(back, slot)).toEqual(writeSets(writing, slot));
      expect(readSet(back, slot)).toEqual(readSet(writing, slot));
    }
  });

  test('an abort names no joiner any more, and leavers serve again', () => {
    const writing = begun(['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'e']);
    expect(states(writing)).toMatchObject({ d: 'leaving', e: 'joining' });
    const aborted = edit(abortChange(writing, after(writing)));
    expect(aborted).toMatchObject({ epoch: 3, phase: 'stable', next: null, settled: { epoch: 3 } });
    expect(states(aborted)).toEqual({ a: 'serving', b: 'serving', c: 'serving', d: 'serving' });
  });

  test('one change replaces a lost member by a new incarnation of the same id', () => {
    const document = founded(['a', 'b', 'c']);
    const wish = wishFor(document, ['a', 'b', 'x']);
    const again = {
      ...wish,
      joiners: wish.joiners.map((j) => ({ ...j, id: document.members[2]!.id })),
    };
    const writing = edit(beginChange(document, again, after(document)));
    expect(writing.members.map(({ id, incarnation: who, state }) => [id, who, state])).toEqual([
      ['dev-a', 'a', 'serving'],
      ['dev-b', 'b', 'serving'],
      ['dev-c', 'c', 'leaving'],
      ['dev-c', 'x', 'joining'],
    ]);
  });
});

describe('what does not apply is refused and changes nothing', () => {
  const refusal = (
    run: (stable: RingDocument, writing: RingDocument) => ReturnType<typeof abortChange>,
  ) => run(founded(['a', 'b', 'c']), begun(['a', 'b', 'c'], ['a', 'b', 'c', 'd']));

  test.each([
    [
      'a change during a change',
      /under way/,
      refusal((_, d) => beginChange(d, wishFor(d, ['a', 'b']), after(d))),
    ],
    [
      'a ring of nobody',
      /at least one seat/,
      refusal((d) => beginChange(d, wishFor(d, []), after(d))),
    ],
    [
      'a joiner that is a member',
      /member already/,
      refusal((d) =>
        beginChange(
          d,
          { ...wishFor(d, ['a', 'b', 'c']), joiners: wishFor(founded(['z']), ['a']).joiners },
          after(d),
        ),
      ),
    ],
    [
      'a seat without a member',
      /no member/,
      refusal((d) => beginChange(d, { ...wishFor(d, ['a', 'x']), joiners: [] }, after(d))),
    ],
    [
      'a seat for who has left',
      /has left/,
      (() => {
        const d = finished(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
        return beginChange(d, wishFor(d, ['a', 'b', 'c', 'd']), after(d));
      })(),
    ],
    ['read-new out of stable', /stable/, refusal((d) => enterReadNew(d, after(d)))],
    ['an end out of write-both', /write-both/, refusal((_, d) => finishChange(d, after(d)))],
    ['a retreat from write-both', /write-both/, refusal((_, d) => retreat(d, after(d)))],
    ['an abort of a stable ring', /stable/, refusal((d) => abortChange(d, after(d)))],
    [
      'an abort once reads ask the new ring',
      /read-new/,
      refusal((_, d) => {
        const reading = edit(enterReadNew(d, after(d)));
        return abortChange(reading, after(reading));
      }),
    ],
  ])('%s', (_, why, outcome) => {
    expect(outcome).toEqual({ kind: 'refused', why: expect.stringMatching(why) });
  });
});

test('losers are exactly those with a slot before that they do not have after', () => {
  const seats = fc.subarray(['a', 'b', 'c', 'd', 'e', 'f'], { minLength: 1 });
  fc.assert(
    fc.property(seats, seats, fc.integer({ min: 1, max: 4 }), (from, to, N) => {
      const document = founded(from);
      const writing = edit(beginChange(document, wishFor(document, to, N), after(document)));
      const reading = edit(enterReadNew(writing, after(writing)));
      const naive = new Set<string>();
      for (let slot = 0; slot < 16; slot++) {
        for (const member of readSet(document, slot)) {
          if (!readSet(reading, slot).includes(member)) naive.add(member);
        }
      }
      expect(new Set(losersOf(document.current, writing.next!))).toEqual(naive);
      expect(checkDocument(edit(finishChange(reading, after(reading))))).toEqual([]);
      for (const leaver of from.filter((name) => !to.includes(name))) {
        expect(naive).toContain(incarnation(leaver));
      }
    }),
    { numRuns: 60 },
  );
});
