import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { COLLECT_TICKS, DATA_LIMITS } from '../../../core/limits.ts';
import { CalmRing, documentOf, heldAt, putOf } from './calm-ring.ts';
import { towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];
/** Grace of 20 s: 200 ticks. */
const limits = { ...DATA_LIMITS, tombstoneGraceMs: 20_000, hintAgeMs: 5_000 };
const GRACE_TICKS = 200;
/** Ticks in which every slot of a ring of 16 is looked at twice: seen first, collected later. */
const ROUND_TICKS = 2 * 17 * COLLECT_TICKS;

/** k was put and deleted, and everybody knows. */
function deleted(change: Partial<RingDocument> = {}): CalmRing {
  const ring = CalmRing.of(ABC, { limits, ...change });
  ring.put('a', 'k', 'v');
  ring.put('a', 'k', null);
  return ring;
}

const holders = (ring: CalmRing, key = 'k') =>
  ABC.filter((name) => heldAt(ring, name, key) !== null);

describe('a tombstone (R10)', () => {
  test('is collected everywhere once it is older than the grace period', () => {
    const ring = deleted();
    ring.ticks(GRACE_TICKS - 5);
    expect(holders(ring)).toEqual(ABC);
    ring.ticks(ROUND_TICKS);
    expect(holders(ring)).toEqual([]);
    expect(ring.values('b', 'k')).toEqual([]);
  });

  test('stays while one replica has not confirmed that it holds the same', () => {
    const ring = deleted();
    ring.kill('c');
    ring.ticks(GRACE_TICKS + ROUND_TICKS);
    expect(holders(ring)).toEqual(ABC);
    ring.restart('c');
    ring.ticks(2 * ROUND_TICKS);
    expect(holders(ring)).toEqual([]);
  });

  test('stays where a replica missed it and holds the older value (I7)', () => {
    const ring = CalmRing.of(ABC, { limits });
    ring.lose(({ to, body }) => to === 'c' && (body.kind === 'push' || body.kind === 'exchanged'));
    ring.put('a', 'k', 'v');
    ring.ticks(1);
    const missed = ring.lose(({ to, body }) => to === 'c' && body.kind === 'write');
    ring.put('a', 'k', null);
    ring.ticks(60);
    missed();
    ring.ticks(GRACE_TICKS + ROUND_TICKS);
    expect(holders(ring)).toEqual(ABC);
    expect(ring.values('a', 'k')).toEqual([]);
  });

  test('stays while its slot moves', () => {
    const ring = deleted();
    ring.start('d');
    ring.post(towards({ ...documentOf(ABC), limits }, [...ABC, 'd']));
    ring.ticks(GRACE_TICKS + ROUND_TICKS);
    expect(holders(ring)).toEqual(ABC);
  });

  test('stays until every loser of the last change has confirmed its clean-up', () => {
    const ring = deleted({ uncleaned: [incarnation('b')] });
    ring.ticks(GRACE_TICKS + ROUND_TICKS);
    expect(holders(ring)).toEqual(ABC);
    ring.post({ ...documentOf(ABC), limits, epoch: epoch(2) });
    ring.ticks(ROUND_TICKS);
    expect(holders(ring)).toEqual([]);
  });

  test('that was written over meanwhile stays what it was written over with', () => {
    const ring = deleted();
    const page = ring.stall((node, { kind }) => node.incarnation === 'a' && kind === 'scanned');
    ring.ticks(GRACE_TICKS + ROUND_TICKS);
    ring.put('b', 'k', 'again');
    page();
    ring.ticks(ROUND_TICKS);
    expect(ring.values('c', 'k')).toEqual(['again']);
  });

  test('that was deleted again meanwhile begins a grace period of its own', () => {
    const ring = deleted();
    const pages = ring.stall((_, { kind }) => kind === 'scanned');
    ring.ticks(GRACE_TICKS + ROUND_TICKS);
    ring.put('b', 'k', 'again');
    ring.put('b', 'k', null);
    pages();
    ring.ticks(COLLECT_TICKS);
    expect(holders(ring)).toEqual(ABC);
  });

  test('written behind a scan of its slot is collected all the same', () => {
    const ring = CalmRing.of(['a'], { limits });
    ring.put('a', 'k', 'v', { expiresAtMs: 1 });
    ring.put('a', 'k', 'v');
    const page = ring.stall('a', 'scanned');
    // Every slot is looked at once; the one of k waits for its page, which does not show the delete.
    ring.ticks(ROUND_TICKS);
    ring.put('a', 'k', null);
    page();
    ring.ticks(GRACE_TICKS + 2 * ROUND_TICKS);
    expect(heldAt(ring, 'a', 'k')).toBeNull();
  });
});

describe('an expired value', () => {
  test('reads as none, and is collected like a tombstone after its end', () => {
    const ring = CalmRing.of(ABC, { limits });
    ring.put('a', 'k', 'v', { expiresAtMs: ring.nowMs + 5_000 });
    expect(ring.values('b', 'k')).toEqual(['v']);
    ring.ticks(50);
    expect(ring.values('b', 'k')).toEqual([]);
    expect(holders(ring)).toEqual(ABC);
    ring.ticks(GRACE_TICKS + ROUND_TICKS);
    expect(holders(ring)).toEqual([]);
  });

  test('is not served by the replica that missed its last write', () => {
    const ring = CalmRing.of(ABC, { limits });
    ring.put('a', 'k', 'for ever');
    ring.ticks(1);
    const missed = ring.lose(({ to, body }) => to === 'c' && body.kind === 'write');
    ring.put('a', 'k', 'short', { expiresAtMs: ring.nowMs + 1_000 });
    ring.ticks(20);
    missed();
    expect(ring.values('c', 'k')).toEqual([]);
  });

  test('lives on where one sibling never ends', () => {
    const ring = CalmRing.of(['a'], { limits });
    const context = { actors: [], counters: [] };
    ring.put('a', 'k', 'stays', { context });
    ring.put('a', 'k', 'goes', { context, expiresAtMs: ring.nowMs + 1_000 });
    ring.ticks(GRACE_TICKS + ROUND_TICKS);
    expect(ring.values('a', 'k')).toEqual(['stays']);
  });
});

test('a delete on a full disk goes on, and so does one that leaves a sibling', () => {
  const ring = CalmRing.of(ABC);
  const context = { actors: [], counters: [] };
  const first = ring.put('a', 'k', 'one', { context });
  ring.put('a', 'k', 'two', { context });
  for (const name of ABC) ring.input(name, { kind: 'disk', full: true, freeBytes: 0 });
  const seen = first.kind === 'written' ? first.context : null;
  expect(ring.request('a', putOf('k', null, { context: seen })).kind).toBe('written');
  expect(ring.values('b', 'k')).toEqual(['two']);
});
