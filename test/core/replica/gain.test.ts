import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import type { Slot } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { SOURCE_WAIT_TICKS } from '../../../core/limits.ts';
import { abortChange } from '../../../core/membership/change.ts';
import { markLost } from '../../../core/membership/upkeep.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { keyOf, slotOf } from '../../../core/ring/hash.ts';
import { transfers } from '../../../core/ring/transfers.ts';
import { CalmRing, documentOf, SLOT_BITS, valuesAt } from './calm-ring.ts';
import { edit, stamp, towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];
const BCD = ['b', 'c', 'd'];
const gainsOf = (ring: CalmRing, name: string) => reportOf(ring.node(name).replica).gains!;

/** {a, b, c} → {b, c, d}: d takes every slot over from a. */
function replacing(): { ring: CalmRing; document: RingDocument } {
  const ring = CalmRing.of(ABC);
  ring.start('d');
  return { ring, document: towards(documentOf(ABC), BCD) };
}

const pulledFrom = (ring: CalmRing, by: string) =>
  [
    ...new Set(
      ring
        .asked('pull')
        .filter(({ from }) => from === by)
        .map(({ to }) => String(to)),
    ),
  ].sort();

describe('a gaining member (R6)', () => {
  test('streams from the lost member that it is paired with, and from no other', () => {
    const { ring, document } = replacing();
    ring.put('a', 'k', 'v');
    ring.post(document);
    ring.ticks(3);
    expect(pulledFrom(ring, 'd')).toEqual(['a']);
    expect(valuesAt(ring, 'd', 'k')).toEqual(['v']);
  });

  test('has another source than the other joiner of its slot', () => {
    const from = documentOf(['a', 'b', 'c', 'e', 'f']);
    const to = towards(from, ['c', 'd', 'e', 'f', 'g']);
    const pairs = new Map<Slot, string[]>();
    for (const { slot, pair } of transfers(to.current, to.next!)) {
      if (pair !== null) pairs.set(slot, [...(pairs.get(slot) ?? []), pair]);
    }
    const twice = [...pairs.values()].filter((sources) => sources.length > 1);
    expect(twice.length).toBeGreaterThan(0);
    for (const sources of twice) expect(new Set(sources).size).toBe(sources.length);
  });

  test('is not served by a source that has not adopted the change: its snapshot would be too old', () => {
    const { ring, document } = replacing();
    ring.lose(({ body }) => body.kind === 'document' || body.kind === 'fetch-document');
    ring.post(document, BCD);
    ring.ticks(SOURCE_WAIT_TICKS);
    expect(gainsOf(ring, 'd').covered).toBe(0);
  });

  test('turns to |old| − W + 1 others once its source has been silent for long', () => {
    const { ring, document } = replacing();
    ring.put('a', 'k', 'v');
    ring.post(document, BCD);
    ring.kill('a');
    ring.ticks(SOURCE_WAIT_TICKS - 10);
    expect(gainsOf(ring, 'd')).toMatchObject({
      covered: 0,
      waitingFor: expect.stringContaining('waits for a, silent'),
    });
    ring.ticks(20);
    expect(pulledFrom(ring, 'd')).toEqual(['b', 'c']);
    expect(gainsOf(ring, 'd').covered).toBe(gainsOf(ring, 'd').needed);
    expect(valuesAt(ring, 'd', 'k')).toEqual(['v']);
  });

  test('turns to the others at once where its source is lost', () => {
    const { ring, document } = replacing();
    ring.kill('a');
    ring.post(edit(markLost(document, [incarnation('a')], stamp(document))), BCD);
    ring.ticks(3);
    expect(gainsOf(ring, 'd').covered).toBe(gainsOf(ring, 'd').needed);
    expect(ring.events.filter(({ event }) => event.kind === 'data-loss-possible')).toEqual([]);
  });

  test('says that data may be lost where fewer others remain than a quorum needs, naming the slots', () => {
    const { ring, document } = replacing();
    ring.kill('a');
    ring.kill('b');
    ring.post(edit(markLost(document, [incarnation('a'), incarnation('b')], stamp(document))), [
      'c',
      'd',
    ]);
    ring.ticks(3);
    const slots = ring.events.flatMap(({ at, event }) =>
      at === 'd' && event.kind === 'data-loss-possible' ? event.slots : [],
    );
    expect(slots.sort((x, y) => x - y)).toEqual(
      Array.from({ length: 1 << SLOT_BITS }, (_, slot) => slot),
    );
    expect(gainsOf(ring, 'd').covered).toBe(gainsOf(ring, 'd').needed);
  });

  test('waits for a source that is only silent where too few others are left (I1)', () => {
    const { ring, document } = replacing();
    const cut = ring.cut('a', 'b');
    expect(ring.put('a', 'k', 'v').kind).toBe('written');
    ring.lose(({ body }) => body.kind === 'compare');
    // a and c hold it; c is lost, and a is only cut off from d.
    ring.kill('c');
    ring.cut('a', 'd');
    ring.post(edit(markLost(document, [incarnation('c')], stamp(document))), ['a', 'b', 'd']);
    ring.ticks(SOURCE_WAIT_TICKS + 20);
    cut();
    const slot = slotOf(keyOf('k'), SLOT_BITS);
    const covered = ring.node('d').marks.has(`covered/${slot}`);
    expect({ covered, held: valuesAt(ring, 'd', 'k') }).toEqual({ covered: false, held: [] });
  });

  test('merges what it gets into what came by writes meanwhile, and overwrites nothing', () => {
    const { ring, document } = replacing();
    ring.put('a', 'k', 'old');
    ring.put('a', 'gone', 'v');
    ring.put('a', 'gone', null);
    const pages = ring.stall(
      (node, input) =>
        node.incarnation === 'd' &&
        input.kind === 'envelope' &&
        input.envelope.body.kind === 'page',
    );
    ring.post(document);
    ring.ticks(1);
    expect(ring.put('b', 'k', 'new').kind).toBe('written');
    pages();
    ring.ticks(3);
    expect(valuesAt(ring, 'd', 'k')).toEqual(['new']);
    expect(valuesAt(ring, 'd', 'gone')).toEqual([null]);
  });

  test('counts a slot as covered only once its mark is durable (R2, R7)', () => {
    const { ring, document } = replacing();
    ring.post(document);
    const sync = ring.stall('d', 'stored');
    ring.ticks(3);
    expect(gainsOf(ring, 'd').covered).toBe(0);
    sync();
    expect(gainsOf(ring, 'd').covered).toBeGreaterThan(0);
  });

  test('that is killed keeps the slots that it covered and pulls only the rest', () => {
    const { ring, document } = replacing();
    const lost = ring.lose(({ body }) => body.kind === 'pull' && body.slot >= 8);
    ring.post(document);
    ring.ticks(3);
    ring.restart('d');
    expect(gainsOf(ring, 'd').covered).toBe(8);
    lost();
    const before = ring.sent.length;
    ring.ticks(10);
    const slots = ring.sent
      .slice(before)
      .flatMap(({ body }) => (body.kind === 'pull' ? [body.slot] : []));
    expect(Math.min(...slots)).toBe(8);
    expect(gainsOf(ring, 'd').covered).toBe(16);
  });

  test('counts nothing of one change for the next one', () => {
    const { ring, document } = replacing();
    ring.post(document);
    ring.ticks(3);
    const aborted = edit(abortChange(document, stamp(document)));
    ring.post(aborted);
    expect([...ring.node('d').marks.keys()].filter((name) => name.startsWith('covered/'))).toEqual(
      [],
    );
    ring.lose(({ body }) => body.kind === 'pull');
    ring.post(towards(aborted, BCD, 'y'));
    ring.ticks(3);
    expect(gainsOf(ring, 'd')).toMatchObject({ change: 'y', covered: 0 });
  });
});

describe('a smaller set', () => {
  test('merges from those who go before reads ask it alone', () => {
    const ring = CalmRing.of(ABC);
    ring.cut('a', 'c');
    ring.lose(({ body }) => body.kind === 'compare');
    expect(ring.put('a', 'k', 'v').kind).toBe('written');
    ring.ticks(1);
    const document = towards(documentOf(ABC), ABC, 'x', {
      replicationFactor: 1,
      readQuorum: 1,
      writeQuorum: 1,
    });
    ring.post(document, ['a', 'b']);
    ring.ticks(10);
    ring.post(document, ['c']);
    const stays =
      document.next!.seats[document.next!.owners[0]![slotOf(keyOf('k'), SLOT_BITS)]!]!.incarnation;
    ring.ticks(10);
    expect(pulledFrom(ring, stays).length).toBeGreaterThan(0);
    if (stays !== 'c') expect(valuesAt(ring, stays, 'k')).toEqual(['v']);
  });
});
