import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import type { Slot } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { PAGE_BYTES, QUESTION_TICKS, SOURCE_WAIT_TICKS } from '../../../core/limits.ts';
import { abortChange } from '../../../core/membership/change.ts';
import { markLost } from '../../../core/membership/upkeep.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { keyOf, slotOf } from '../../../core/ring/hash.ts';
import { transfers } from '../../../core/ring/transfers.ts';
import { recordBytes } from '../../../core/version/record-bytes.ts';
import { SLOT_BITS } from './calm-disk.ts';
import { CalmRing, documentOf, putOf, valuesAt } from './calm-ring.ts';
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

  test('waits for the one holder of a slot, however long that is silent (I1)', () => {
    const one = { replicationFactor: 1, readQuorum: 1, writeQuorum: 1 };
    const ring = CalmRing.of(['a'], {}, one);
    ring.put('a', 'k', 'v');
    ring.start('b');
    ring.cut('a', 'b');
    ring.post(towards(documentOf(['a'], one), ['b'], 'x', one));
    ring.ticks(SOURCE_WAIT_TICKS + 20);
    expect(gainsOf(ring, 'b')).toMatchObject({
      covered: 0,
      waitingFor: expect.stringContaining('waits for a, silent'),
    });
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

  test('merges what it gets also with a write that is only just being built (R14)', () => {
    const { ring, document } = replacing();
    const missed = ring.lose(({ to }) => to === 'b');
    ring.put('a', 'k', 'old');
    missed();
    const pages = ring.stall(
      (node, input) =>
        node.incarnation === 'd' &&
        input.kind === 'envelope' &&
        input.envelope.body.kind === 'page',
    );
    ring.post(document);
    ring.ticks(1);
    const loaded = ring.stall('d', 'loaded');
    ring.send('b', putOf('k', 'beside', { context: { actors: [], counters: [] } }));
    pages();
    loaded();
    ring.ticks(3);
    expect(valuesAt(ring, 'd', 'k')).toEqual(['beside', 'old']);
  });

  test('asks for many slots at once, and goes on by itself with one that no page can hold', () => {
    const { ring, document } = replacing();
    const slot = slotOf(keyOf('k'), SLOT_BITS);
    const keys = Array.from({ length: 400 }, (_, i) => `k${i}`);
    const crowd = keys.filter((key) => slotOf(keyOf(key), SLOT_BITS) === slot).slice(0, 7);
    for (const key of crowd) ring.put('a', key, key);
    ring.post(document);
    ring.ticks(3);
    for (const key of crowd) expect(valuesAt(ring, 'd', key)).toEqual([key]);
    const asked = ring.asked('pull').flatMap(({ body }) => (body.kind === 'pull' ? [body] : []));
    expect(asked[0]!.slots.length).toBeGreaterThan(1);
    // Three records make a page here.
    const alone = asked.filter(({ after }) => after !== null);
    expect(alone.map(({ slots }) => slots)).toEqual([[slot], [slot]]);
  });

  test('gets no page that is too long for the wire, however large the records of many slots are', () => {
    const { ring, document } = replacing();
    const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
    const value = 'x'.repeat(PAGE_BYTES / 2);
    for (const key of keys) ring.put('a', key, value);
    ring.post(document);
    ring.ticks(5);
    const pages = ring.sent.flatMap(({ body }) => (body.kind === 'page' ? [body.records] : []));
    const slots = new Set(keys.map((key) => slotOf(keyOf(key), SLOT_BITS)));
    expect(pages.filter((records) => records.length > 0).length).toBeGreaterThanOrEqual(slots.size);
    for (const records of pages) {
      const bytes = records.reduce((sum, { key, object }) => sum + recordBytes(key, object), 0);
      const inOneSlot = new Set(records.map(({ key }) => slotOf(key, SLOT_BITS))).size <= 1;
      expect(inOneSlot || bytes <= PAGE_BYTES).toBe(true);
    }
    for (const key of keys) expect(valuesAt(ring, 'd', key)).toEqual([value]);
  });

  test('loses nothing where a page is lost: it is asked for again', () => {
    const { ring, document } = replacing();
    ring.put('a', 'k', 'v');
    const lost = ring.lose(({ body }) => body.kind === 'page');
    ring.post(document);
    ring.ticks(3);
    lost();
    ring.ticks(QUESTION_TICKS);
    expect(valuesAt(ring, 'd', 'k')).toEqual(['v']);
    expect(gainsOf(ring, 'd').covered).toBe(gainsOf(ring, 'd').needed);
  });

  test('waits with a slot of which its source holds a damaged record, and with no other (R9)', () => {
    const { ring, document } = replacing();
    ring.put('a', 'k', 'v');
    ring.node('a').corrupt.add('k');
    const heals = ring.lose(({ body }) => body.kind === 'value');
    ring.post(document);
    ring.ticks(3);
    expect(gainsOf(ring, 'd').covered).toBe(gainsOf(ring, 'd').needed - 1);
    heals();
    ring.ticks(60);
    expect(valuesAt(ring, 'd', 'k')).toEqual(['v']);
    expect(gainsOf(ring, 'd').covered).toBe(gainsOf(ring, 'd').needed);
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
    const lost = ring.lose(
      ({ body }) => body.kind === 'pull' && body.slots.some((slot) => slot >= 8),
    );
    ring.post(document);
    ring.ticks(3);
    ring.restart('d');
    expect(gainsOf(ring, 'd').covered).toBe(8);
    lost();
    const before = ring.sent.length;
    ring.ticks(10);
    const slots = ring.sent
      .slice(before)
      .flatMap(({ body }) => (body.kind === 'pull' ? body.slots : []));
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
