// A calm ring change is no reason to refuse a client: its write is planned again (R3, R4, R5).
import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import { DATA_LIMITS, HEDGE_TICKS, TICK_MS } from '../../../core/limits.ts';
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

describe('a write handed to replicas that the ring has moved away from', () => {
  test('goes on to those it has moved to', () => {
    const ring = ringAt(WRITE_BOTH);
    const frames = holdBack(ring, 'coordinate', OLD);
    const reply = ring.send('g', putOf(KEY, 'v'));
    ring.post(READ_NEW);
    frames();
    expect(reply()?.kind).toBe('written');
    for (const name of NEW) expect(valuesAt(ring, name, KEY)).toEqual(['v']);
  });

  test('waits where the node that hands it over is still storing the newer ring', () => {
    const ring = ringAt(WRITE_BOTH);
    const sync = ring.stall('g', 'stored');
    ring.post(READ_NEW);
    const reply = ring.send('g', putOf(KEY, 'v'));
    expect(ring.asked('refused', 'g')).toHaveLength(OLD.length);
    expect(reply()).toBeUndefined();
    sync();
    expect(reply()?.kind).toBe('written');
  });

  test('waits where the newer ring got lost on its way, and asks for it again', () => {
    const ring = ringAt(WRITE_BOTH);
    const found = ring.lose(({ to, body }) => to === 'g' && body.kind === 'document');
    ring.post(READ_NEW, [...OLD, ...NEW]);
    const reply = ring.send('g', putOf(KEY, 'v'));
    expect(reply()).toBeUndefined();
    found();
    ring.lose(({ body }) => body.kind === 'heartbeat');
    ring.ticks(HEDGE_TICKS);
    expect(reply()?.kind).toBe('written');
  });

  test('is refused at its deadline, as not applied, where the newer ring never comes', () => {
    const ring = ringAt(WRITE_BOTH);
    ring.lose(({ to, body }) => to === 'g' && body.kind === 'document');
    ring.post(READ_NEW, [...OLD, ...NEW]);
    const reply = ring.send('g', putOf(KEY, 'v'));
    ring.ticks(DATA_LIMITS.operationMs / TICK_MS - 1);
    expect(reply()).toBeUndefined();
    ring.ticks(1);
    expect(reply()).toMatchObject({ code: 'STALE_EPOCH', maybeApplied: false });
  });
});

describe('a write whose slot goes before its coordinator has made a dot', () => {
  test('is begun afresh at a replica that has the slot now', () => {
    const ring = ringAt(BEFORE);
    const load = ring.stall('a', 'loaded');
    const reply = ring.send('a', putOf(KEY, 'v'));
    for (const next of [WRITE_BOTH, READ_NEW, AFTER]) ring.post(next);
    load();
    expect(reply()?.kind).toBe('written');
    expect(ring.values('g', KEY)).toEqual(['v']);
  });

  test('is handed back to who handed it over, and on from there', () => {
    const ring = ringAt(BEFORE);
    const loads = OLD.map((name) => ring.stall(name, 'loaded'));
    const reply = ring.send('g', putOf(KEY, 'v'));
    for (const next of [WRITE_BOTH, READ_NEW, AFTER]) ring.post(next);
    for (const load of loads) load();
    expect(reply()?.kind).toBe('written');
    expect(ring.asked('coordinate')).toHaveLength(2);
    expect(ring.values('d', KEY)).toEqual(['v']);
  });

  test('is not begun by a replica that is about to lose the slot', () => {
    const ring = ringAt(BEFORE);
    const syncs = OLD.map((name) => ring.stall(name, 'stored'));
    // Away through two phases, they are given the last one only.
    ring.lose(({ body }) => body.kind === 'document');
    ring.post(WRITE_BOTH, [...NEW, 'g']);
    ring.post(READ_NEW, [...NEW, 'g']);
    ring.post(AFTER);
    const reply = ring.send('a', putOf(KEY, 'v'));
    expect(reply()).toBeUndefined();
    for (const sync of syncs) sync();
    expect(reply()?.kind).toBe('written');
    expect(valuesAt(ring, 'a', KEY)).toEqual([]);
  });

  test('has its condition judged where the slot is now, also after it waited for another one', () => {
    const ring = ringAt(BEFORE);
    const loads = OLD.map((name) => ring.stall(name, 'loaded'));
    const replies = ['1', '2'].map((value) =>
      ring.send('g', putOf(KEY, value, { condition: { kind: 'absent' } })),
    );
    for (const next of [WRITE_BOTH, READ_NEW, AFTER]) ring.post(next);
    for (const load of loads) load();
    ring.ticks(5);
    expect(replies.map((reply) => reply()?.kind).sort()).toEqual(['failed', 'written']);
    expect(ring.asked('coordinate')).toHaveLength(4);
  });

  test('is handed back by a coordinator that the ring no longer names', () => {
    const ring = ringAt(BEFORE);
    const loads = OLD.map((name) => ring.stall(name, 'loaded'));
    const reply = ring.send('g', putOf(KEY, 'v'));
    const members = AFTER.members.filter(({ id }) => !OLD.includes(id));
    for (const next of [WRITE_BOTH, READ_NEW, { ...AFTER, members }]) ring.post(next);
    for (const load of loads) load();
    expect(reply()?.kind).toBe('written');
  });
});

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
