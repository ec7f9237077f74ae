// The cache: its bound, who leaves first, and how a slot is forgotten.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RecordCache } from '../../../node/storage/cache.ts';
import { objectOf } from './samples.ts';

function cacheOf(bytesMax: number): RecordCache {
  const cache = new RecordCache(bytesMax);
  cache.reset(8);
  return cache;
}

test('the least recently used record leaves first', () => {
  const cache = cacheOf(1300);
  for (const text of ['a', 'b', 'c']) cache.put(text, 0, objectOf(text), 20);
  cache.get('a');
  cache.put('d', 0, objectOf('d'), 20);
  expect(['a', 'b', 'c', 'd'].map((text) => cache.get(text) !== undefined))
    .toEqual([true, false, true, true]);
  expect(cache).toMatchObject({ hits: 4, misses: 1 });
});

test('an absent key is known, not unknown', () => {
  const cache = cacheOf(1000);
  cache.put('a', 0, null, 0);
  expect(cache.get('a')).toMatchObject({ object: null });
  expect(cache.get('b')).toBeUndefined();
});

test('a record larger than the whole cache is not kept', () => {
  const cache = cacheOf(1000);
  cache.put('a', 0, objectOf('a'), 5000);
  expect(cache.get('a')).toBeUndefined();
  expect(cache.bytes).toBe(0);
});

test('whatever is put, got and forgotten: never a wrong answer, never more bytes than allowed', () => {
  const step = fc.record({ kind: fc.constantFrom('put', 'put', 'get', 'forget'), key: fc.nat(20),
    load: fc.nat(300) });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const cache = cacheOf(4000);
    const twin = new Map<string, number>();
    for (const { kind, key, load } of steps) {
      const text = `key-${key}`, slot = key % 8;
      if (kind === 'put') {
        cache.put(text, slot, objectOf(text), load);
        twin.set(text, load);
      } else if (kind === 'forget') {
        cache.forgetSlot(slot);
        for (let other = slot; other <= 20; other += 8) twin.delete(`key-${other}`);
      } else {
        const found = cache.get(text);
        if (found !== undefined) expect(found.load).toBe(twin.get(text));
      }
      expect(cache.bytes).toBeLessThanOrEqual(4000);
    }
  }), { numRuns: 100 });
});
