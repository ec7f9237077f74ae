// The cache: its bound, who leaves first, and how a slot is forgotten.
import { expect, test } from '@jest/globals';
import { ENTRY_BYTES, RecordCache } from '../../../node/storage/cache.ts';
import { fc } from '../../properties.ts';
import { objectOf } from './samples.ts';

/** Bytes of so many records of 20 bytes, and half of another one. */
const roomFor = (records: number): number => (records + 0.5) * (ENTRY_BYTES + 21);

function cacheOf(records: number): RecordCache {
  const cache = new RecordCache(roomFor(records));
  cache.reset(8, false);
  return cache;
}

test('the least recently used record leaves first', () => {
  const cache = cacheOf(3);
  for (const text of ['a', 'b', 'c']) cache.put(text, 0, objectOf(text), 20);
  cache.get('a', 0);
  cache.put('d', 0, objectOf('d'), 20);
  expect(['a', 'b', 'c', 'd'].map((text) => cache.get(text, 0) !== undefined)).toEqual([
    true,
    false,
    true,
    true,
  ]);
  expect(cache).toMatchObject({ hits: 4, misses: 1 });
});

test('an absent key is known, not unknown', () => {
  const cache = cacheOf(2);
  cache.put('a', 0, null, 0);
  expect(cache.get('a', 0)).toMatchObject({ object: null });
  expect(cache.get('b', 0)).toBeUndefined();
});

test('of an erased slot every key is known, until one of its records leaves the cache', () => {
  const cache = cacheOf(2);
  expect(cache.get('a', 0)).toBeUndefined();
  cache.forgetSlot(0);
  expect(cache.get('a', 0)).toMatchObject({ object: null, load: 0 });
  cache.put('a', 0, objectOf('a'), 20);
  cache.put('b', 1, objectOf('b'), 20);
  expect(cache.get('c', 0)).toMatchObject({ object: null, load: 0 });
  cache.put('d', 1, objectOf('d'), 20);
  expect(['a', 'c'].map((text) => cache.get(text, 0))).toEqual([undefined, undefined]);
});

test('where a record passed by, no key of its slot is known to be absent any more', () => {
  const cache = cacheOf(2);
  cache.forgetSlot(0);
  cache.put('a', 0, null, 0);
  expect(['a', 'b'].map((text) => cache.knows(text))).toEqual([true, false]);
  cache.passed(0);
  expect(cache.get('a', 0)).toMatchObject({ object: null });
  expect([cache.get('b', 0), cache.get('c', 0)]).toEqual([undefined, undefined]);
});

test('a record larger than the whole cache is not kept', () => {
  const cache = cacheOf(2);
  cache.put('a', 0, objectOf('a'), roomFor(3));
  expect(cache.get('a', 0)).toBeUndefined();
  expect(cache.bytes).toBe(0);
});

test('whatever is put, got and forgotten: never a wrong answer, never more bytes than allowed', () => {
  const step = fc.record({
    kind: fc.constantFrom('put', 'put', 'get', 'forget'),
    key: fc.nat(20),
    load: fc.nat(300),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const cache = cacheOf(9);
      const twin = new Map<string, number>();
      for (const { kind, key, load } of steps) {
        const text = `key-${key}`,
          slot = key % 8;
        if (kind === 'put') {
          cache.put(text, slot, objectOf(text), load);
          twin.set(text, load);
        } else if (kind === 'forget') {
          cache.forgetSlot(slot);
          for (let other = slot; other <= 20; other += 8) twin.delete(`key-${other}`);
        } else {
          const found = cache.get(text, slot);
          if (found !== undefined) expect(found.load).toBe(twin.get(text) ?? 0);
        }
        expect(cache.bytes).toBeLessThanOrEqual(roomFor(9));
      }
    }),
    { numRuns: 100 },
  );
});
