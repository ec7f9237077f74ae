import { describe, expect, test } from '@jest/globals';
import { requestId } from '../../../core/api/ids.ts';
import { compareKeys, keyOf, slotOf } from '../../../core/ring/hash.ts';
import { SLOT_BITS } from './calm-disk.ts';
import { CalmRing, documentOf, putOf, valuesAt } from './calm-ring.ts';
import { readNew, towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];
const NONE = { actors: [], counters: [] };

describe('a read', () => {
  test('writes the merged value back to the replica that missed it', () => {
    const ring = CalmRing.of(ABC);
    ring.lose(({ body }) => body.kind === 'compare');
    const missed = ring.lose(({ to }) => to === 'c');
    expect(ring.put('a', 'k', 'v').kind).toBe('written');
    ring.restart('a');
    ring.restart('b');
    missed();
    ring.ticks(6);
    expect(valuesAt(ring, 'c', 'k')).toEqual([]);
    expect(ring.values('c', 'k')).toEqual(['v']);
    expect(valuesAt(ring, 'c', 'k')).toEqual(['v']);
  });

  test('writes nothing back where all hold the same', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', 'v');
    ring.get('b', 'k');
    expect(ring.asked('push')).toEqual([]);
  });

  test('gives a context that covers tombstones, so that the next write replaces them', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', 'v');
    ring.put('a', 'k', null);
    const read = ring.get('b', 'k');
    expect(read).toMatchObject({ siblings: [], context: { actors: ['a.1'], counters: [2] } });
    ring.put('b', 'k', 'w', { context: read.kind === 'value' ? read.context : null });
    expect(valuesAt(ring, 'a', 'k')).toEqual(['w']);
  });

  test('with another context than the one read leaves siblings', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', 'v');
    ring.put('b', 'k', 'w', { context: NONE });
    expect(ring.values('c', 'k')).toEqual(['v', 'w']);
  });
});

describe('a read with R = 1', () => {
  const readOf = (key: string) =>
    ({ kind: 'read', id: requestId(''), key: keyOf(key), quorum: 1 }) as const;

  test('asks nobody where this node is a replica', () => {
    const ring = CalmRing.of(ABC);
    ring.put('b', 'k', 'v');
    expect(ring.request('a', readOf('k'))).toMatchObject({ kind: 'value', siblings: [{}] });
    expect(ring.asked('read')).toEqual([]);
  });

  test('begun before its set changed asks the new one: this copy no longer counts (R5)', () => {
    const ring = CalmRing.of(ABC);
    for (const name of ['d', 'e', 'f']) ring.start(name);
    ring.put('a', 'k', 'v');
    const both = towards(documentOf(ABC), ['d', 'e', 'f']);
    ring.post(both);
    ring.ticks(5);
    const loaded = ring.stall('a', 'loaded');
    const reply = ring.send('a', readOf('k'));
    ring.post(readNew(both));
    loaded();
    expect(reply()).toMatchObject({ kind: 'value', siblings: [{}] });
    expect(ring.asked('read')).toHaveLength(1);
  });
});

describe('under lastWriterWins', () => {
  test('the last of two concurrent writes is the one that is read, a delete too', () => {
    const ring = CalmRing.of(ABC, { conflicts: 'lastWriterWins' });
    ring.put('a', 'k', 'first', { context: NONE });
    ring.put('b', 'k', 'last', { context: NONE });
    for (const name of ABC) expect(ring.values(name, 'k')).toEqual(['last']);
    ring.put('c', 'k', null, { context: NONE });
    for (const name of ABC) expect(ring.values(name, 'k')).toEqual([]);
  });

  test('an expired last writer hides what it did not see', () => {
    const ring = CalmRing.of(ABC, { conflicts: 'lastWriterWins' });
    ring.put('a', 'k', 'first', { context: NONE });
    ring.put('b', 'k', 'last', { context: NONE, expiresAtMs: ring.nowMs + 1_000 });
    ring.ticks(11);
    expect(ring.values('a', 'k')).toEqual([]);
  });
});

describe('a listing', () => {
  const slot = slotOf(keyOf('k'), SLOT_BITS);
  const inSlot = Array.from({ length: 300 }, (_, i) => `k${i}`)
    .filter((key) => slotOf(keyOf(key), SLOT_BITS) === slot)
    .slice(0, 9);

  const list = (ring: CalmRing, at: string, limit: number, prefix = 'k') => {
    const keys: string[] = [];
    let after: ReturnType<typeof keyOf> | null = null;
    for (let pages = 0; pages < 20; pages++) {
      const page = ring.request(at, {
        kind: 'list',
        id: requestId(''),
        slot,
        after,
        prefix,
        limit,
      });
      if (page.kind !== 'keys') throw new Error(JSON.stringify(page));
      expect(page.keys.length).toBeLessThanOrEqual(limit);
      keys.push(...page.keys.map(({ key }) => key.text));
      after = page.next;
      if (after === null) return keys.sort();
    }
    throw new Error('the listing does not end');
  };

  /** Every key is at two of three replicas only, never the same two. */
  function uneven(): CalmRing {
    const ring = CalmRing.of(ABC);
    ring.lose(({ body }) => body.kind === 'compare' || body.kind === 'push');
    inSlot.forEach((key, i) => {
      const missing = ABC[i % 3]!;
      const missed = ring.lose(({ to, body }) => to === missing && body.kind === 'write');
      const at = ABC[(i + 1) % 3]!;
      expect(ring.send(at, putOf(key, 'v', { context: NONE }))()?.kind).toBe('written');
      ring.restart(at);
      missed();
    });
    ring.ticks(6);
    return ring;
  }

  test('names every acknowledged key once, though its replicas reach differently far (I1)', () => {
    const ring = uneven();
    for (const limit of [1, 2, 4, 100]) {
      for (const name of ABC) expect(list(ring, name, limit)).toEqual([...inSlot].sort());
    }
  });

  test('misses nothing behind a page that holds only deleted keys', () => {
    const ring = CalmRing.of(ABC);
    const keys = inSlot.slice(0, 5).sort((one, other) => compareKeys(keyOf(one), keyOf(other)));
    ring.lose(({ body }) => body.kind === 'compare' || body.kind === 'push');
    for (const key of keys.slice(3)) ring.put('a', key, 'v');
    const missed = ring.lose(({ to, body }) => to === 'b' && body.kind === 'write');
    for (const key of keys.slice(0, 2)) ring.send('a', putOf(key, null, { context: NONE }));
    ring.send('a', putOf(keys[2]!, 'v', { context: NONE }));
    ring.restart('a');
    missed();
    ring.ticks(6);
    expect(list(ring, 'a', 2)).toEqual(keys.slice(2).sort());
  });

  test('leaves out what is deleted and what has another prefix', () => {
    const ring = CalmRing.of(ABC);
    for (const key of inSlot.slice(0, 4)) ring.put('a', key, 'v');
    ring.put('a', inSlot[1]!, null);
    expect(list(ring, 'b', 2)).toEqual([inSlot[0]!, inSlot[2]!, inSlot[3]!].sort());
    expect(list(ring, 'b', 2, inSlot[2])).toEqual([inSlot[2]]);
  });

  test('carries no values between nodes', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', inSlot[0]!, 'some bytes');
    list(ring, 'b', 10);
    const values = ring
      .asked('listed')
      .flatMap(({ body }) =>
        body.kind === 'listed'
          ? body.records.flatMap(({ object }) => object.siblings.map(({ value }) => value?.length))
          : [],
      );
    expect(values).toEqual([0]);
  });
});
