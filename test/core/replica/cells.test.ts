import { describe, expect, test } from '@jest/globals';
import type { VersionedObject } from '../../../core/api/object.ts';
import { mergeIn, provesRollback, readObject, withCell } from '../../../core/replica/cells.ts';
import type { Merged } from '../../../core/replica/cells.ts';
import type { Loaded } from '../../../core/replica/effects.ts';
import { keyOf } from '../../../core/ring/hash.ts';
import { CalmRing, heldAt, putOf, valuesAt } from './calm-ring.ts';

const KEY = keyOf('k');
const NONE = { actors: [], counters: [] };

/** An object with one value, made by another ring's write. */
function objectBy(actor: string, counter: number, value: string): VersionedObject {
  const dot = { actor, counter };
  return {
    context: { actors: [actor], counters: [counter] },
    siblings: [{ dot, value: Buffer.from(value), contentType: '', time: counter, expiresAtMs: 0 }],
  };
}

describe('a key with one cell', () => {
  test('is loaded once for all who want it, who are served in the order they came', () => {
    const ring = CalmRing.of(['a']);
    const r = ring.node('a').replica;
    const order: number[] = [];
    for (const i of [1, 2, 3]) withCell(r, KEY, () => order.push(i));
    expect(r.effects.filter(({ kind }) => kind === 'load')).toHaveLength(1);
    ring.input('a', { kind: 'loaded', ticket: r.nextTicket - 1, object: null });
    expect(order).toEqual([1, 2, 3]);
  });

  test('builds each object on the newest one, also while that is being synced (R14)', () => {
    const ring = CalmRing.of(['a']);
    const sync = ring.stall('a', 'stored');
    ring.send('a', putOf('k', 'one', { context: NONE }));
    ring.send('a', putOf('k', 'two', { context: NONE }));
    sync();
    expect(valuesAt(ring, 'a', 'k')).toEqual(['one', 'two']);
    expect(ring.node('a').replica.cells.size).toBe(0);
  });

  test('is read as what is being synced, not as what the disk held before', () => {
    const ring = CalmRing.of(['a']);
    const sync = ring.stall('a', 'stored');
    ring.send('a', putOf('k', 'v'));
    const seen: Loaded[] = [];
    readObject(ring.node('a').replica, KEY, (object) => seen.push(object));
    expect(seen).toEqual([
      expect.objectContaining({ siblings: [expect.objectContaining({ value: Buffer.from('v') })] }),
    ]);
    sync();
  });
});

describe('a merge', () => {
  test('is told of only once it is durable, also when it changed nothing (R2)', () => {
    const ring = CalmRing.of(['a']);
    const r = ring.node('a').replica;
    const sync = ring.stall('a', 'stored');
    const merged: Merged[] = [];
    const object = objectBy('x.1', 1, 'v');
    for (const turn of [1, 2]) {
      mergeIn(r, KEY, object, (answer) => merged.push(answer));
      // The second time the object is in memory, but not on disk yet.
      if (turn === 1) ring.input('a', { kind: 'loaded', ticket: r.nextTicket - 1, object: null });
    }
    expect(merged).toEqual([]);
    sync();
    expect(merged).toEqual([
      { kind: 'merged', report: null },
      { kind: 'merged', report: null },
    ]);
  });

  test('reports the whole context of a replica that the object does not cover (protocol §5)', () => {
    const ring = CalmRing.of(['a', 'b']);
    const links = ring.cut('a', 'b');
    ring.send('b', putOf('k', 'old'));
    links();
    ring.send('a', putOf('k', 'new'));
    expect(ring.asked('stored', 'a')[0]?.body).toMatchObject({
      report: { actors: ['b.1'], counters: [1] },
    });
  });

  test('into a slot that was lost while the key was loaded leaves nothing behind', () => {
    const ring = CalmRing.of(['a', 'b', 'c']);
    const object = objectBy('x.1', 1, 'v');
    const load = ring.stall('a', 'loaded');
    const merged: Merged[] = [];
    mergeIn(
      ring.node('a').replica,
      KEY,
      object,
      (answer) => merged.push(answer),
      () => 'STALE_EPOCH',
    );
    ring.input('a', { kind: 'tick' });
    load();
    expect(merged).toEqual([{ kind: 'refused', code: 'STALE_EPOCH' }]);
    expect(heldAt(ring, 'a', 'k')).toBeNull();
  });
});

describe('a store that was put back (R9)', () => {
  test('is proved by a later counter or term of this incarnation, and by nothing else', () => {
    const proofs: [string, number, boolean][] = [
      ['a.1', 1, false],
      ['a.1', 2, true],
      ['a.2', 1, true],
      ['b.9', 9, false],
    ];
    for (const [actor, counter, isProof] of proofs) {
      const ring = CalmRing.of(['a']);
      ring.put('a', 'k', 'v');
      expect(provesRollback(ring.node('a').replica, { actors: [actor], counters: [counter] })).toBe(
        isProof,
      );
    }
  });

  test('halts before the write that waited for the same key: no dot is used twice (riak_kv 679)', () => {
    const ring = CalmRing.of(['a', 'b', 'c']);
    const load = ring.stall('a', 'loaded');
    mergeIn(ring.node('a').replica, KEY, objectBy('a.1', 7, 'made before'), () => undefined);
    ring.send('a', putOf('k', 'v'));
    load();
    expect(ring.halted).toHaveLength(1);
    expect(ring.afterHalt).toEqual([]);
    expect(ring.asked('write')).toEqual([]);
  });

  test('halts on what a peer pushes', () => {
    const ring = CalmRing.of(['a', 'b', 'c']);
    ring.put('a', 'k', 'v');
    ring.input('a', { kind: 'drain' });
    const disk = ring.diskOf('a');
    ring.restart('a');
    ring.put('a', 'k', 'w');
    ring.restart('a', disk);
    ring.get('b', 'k');
    ring.put('b', 'k', 'x');
    ring.ticks(10);
    expect(ring.halted).toHaveLength(1);
    expect(ring.afterHalt).toEqual([]);
  });
});
