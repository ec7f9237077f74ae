// The key layout: stored order is ring order, and slots are contiguous whatever slotBits is.
import { expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import type { Key } from '../../../core/api/object.ts';
import { compareKeys, keyOf, slotOf } from '../../../core/ring/hash.ts';
import {
  hintKey,
  hintRange,
  metaRange,
  metaKey,
  parseHintKey,
  parseRecordKey,
  recordKey,
  slotAt,
  slotOfStored,
  slotRange,
} from '../../../node/storage/keys.ts';
import { storedOrder } from '../../../node/storage/sorted-slots.ts';
import { fc } from '../../properties.ts';

const uint32 = fc.oneof(fc.constantFrom(0, 1, 0xffffffff), fc.nat(0xffffffff));
const texts = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const keys: fc.Arbitrary<Key> = fc.record({ text: texts, high: uint32, low: uint32 });

test('stored keys sort as the ring does, and so does memory', () => {
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      const wanted = Math.sign(compareKeys(a, b));
      expect(Buffer.compare(recordKey(a), recordKey(b))).toBe(wanted);
      expect(Math.sign(storedOrder(a, b))).toBe(wanted);
    }),
  );
});

test('a stored key gives its key back', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const target = incarnation('00000000000000aa');
      expect(parseRecordKey(recordKey(key))).toEqual(key);
      expect(parseHintKey(hintKey(target, key))).toEqual({ target, key });
    }),
  );
});

test('a key lies in the range of its slot and in no other', () => {
  fc.assert(
    fc.property(keys, fc.integer({ min: 3, max: 16 }), fc.nat(), (key, slotBits, other) => {
      const lies = (slot: number): boolean => {
        const { from, to } = slotRange(slot, slotBits);
        return Buffer.compare(from, recordKey(key)) <= 0 && Buffer.compare(recordKey(key), to) < 0;
      };
      const slot = slotOf(key, slotBits);
      expect(slotAt(key.high, slotBits)).toBe(slot);
      expect(slotOfStored(recordKey(key), slotBits)).toBe(slot);
      expect(lies(slot)).toBe(true);
      const elsewhere = other % 2 ** slotBits;
      expect(lies(elsewhere)).toBe(elsewhere === slot);
    }),
  );
});

test('hints of one target lie together, apart from a target whose name goes on', () => {
  const { from, to } = hintRange(incarnation('aa'));
  const lies = (target: string): boolean => {
    const stored = hintKey(incarnation(target), keyOf('k'));
    return Buffer.compare(from, stored) <= 0 && Buffer.compare(stored, to) < 0;
  };
  expect(['a', 'aa', 'aaa', 'ab'].map(lies)).toEqual([false, true, false, false]);
});

test('damage that leaves no text is no key', () => {
  const stored = recordKey(keyOf('key'));
  stored[stored.length - 1] = 0xff;
  expect(parseRecordKey(stored)).toBeNull();
  expect(parseRecordKey(Buffer.from('r123'))).toBeNull();
});

test('meta values are found by the start of their names', () => {
  const { from, to } = metaRange('mark/');
  expect(
    Buffer.compare(from, metaKey('mark/x')) <= 0 && Buffer.compare(metaKey('mark/x'), to) < 0,
  ).toBe(true);
  expect(Buffer.compare(metaKey('actor'), from)).toBe(-1);
});
