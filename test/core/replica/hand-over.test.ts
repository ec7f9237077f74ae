// A calm ring change is no reason to refuse a client: its write is planned again (R3, R4, R5).
import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import { finishChange } from '../../../core/membership/change.ts';
import type { PeerMessage } from '../../../core/api/messages.ts';
import { CalmRing, documentOf, keyWhere, putOf, valuesAt } from './calm-ring.ts';
import { edit, readNew, stamp, towards } from './changes.ts';

/** Everything moves from a, b, c to d, e, f; g stays, and holds no replica of KEY at any time. */
const OLD = ['a', 'b', 'c'];
const NEW = ['d', 'e', 'f'];
const BEFORE = documentOf([...OLD, 'g']);
const WRITE_BOTH = towards(BEFORE, [...NEW, 'g']);
const READ_NEW = readNew(WRITE_BOTH);
const AFTER = edit(finishChange(READ_NEW, stamp(READ_NEW)));
const KEY = keyWhere(
  READ_NEW,
  ({ everyone }) => everyone.length === 6 && !everyone.includes(incarnation('g')),
);

function ringAt(document: typeof BEFORE): CalmRing {
  const ring = CalmRing.of([...OLD, 'g']);
  for (const name of NEW) ring.start(name);
  for (const next of [WRITE_BOTH, READ_NEW, AFTER])
    if (next.epoch <= document.epoch) ring.post(next);
  return ring;
}

/** Keeps back what of this kind reaches these nodes. */
const holdBack = (ring: CalmRing, kind: PeerMessage['kind'], names: readonly string[]) =>
  ring.stall(
    (node, input) =>
      names.includes(node.incarnation) &&
      input.kind === 'envelope' &&
      input.envelope.body.kind === kind,
  );

describe('a write whose coordinator loses the slot between its two rounds', () => {
  /** a has not seen what b, c and the gainers acknowledged, and learns it from their reports alone. */
  function reported(): { ring: CalmRing; reply: () => unknown; reports: () => void } {
    const ring = ringAt(WRITE_BOTH);
    ring.ticks(5);
    const alone = ring.lose(({ from, to }) => from === 'a' || to === 'a');
    expect(ring.put('b', KEY, 'old').kind).toBe('written');
    alone();
    const reports = holdBack(ring, 'stored', ['a']);
    const reply = ring.send('a', putOf(KEY, 'new'));
    ring.post(READ_NEW);
    return { ring, reply, reports };
  }

  test('replaces what was reported, with a second dot at those who have it now', () => {
    const { ring, reply, reports } = reported();
    ring.post(AFTER);
    reports();
    expect(reply()).toMatchObject({
      kind: 'written',
      context: { actors: ['a.1', 'b.1'], counters: [2, 1] },
    });
    for (const name of NEW) expect(valuesAt(ring, name, KEY)).toEqual(['new']);
  });

  test('does so while the document that takes the slot is still being stored', () => {
    const { ring, reply, reports } = reported();
    const sync = ring.stall('a', 'stored');
    ring.post(AFTER);
    reports();
    sync();
    expect(reply()).toMatchObject({ kind: 'written', context: { counters: [2, 1] } });
    for (const name of NEW) expect(valuesAt(ring, name, KEY)).toEqual(['new']);
  });

  test('leaves no second copy of itself although its own record was erased meanwhile', () => {
    const { ring, reply, reports } = reported();
    ring.post(AFTER);
    const load = ring.stall('a', 'loaded');
    reports();
    ring.node('a').records.delete(KEY);
    load();
    expect(reply()).toMatchObject({ kind: 'written', context: { counters: [2, 1] } });
    expect(ring.values('d', KEY)).toEqual(['new']);
  });
});
