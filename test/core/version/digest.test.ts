import { describe, expect, test } from '@jest/globals';
import type { Key } from '../../../core/api/object.ts';
import { LEAF_BITS, LEAVES, SLOT_BITS_MAX, SLOT_BITS_MIN } from '../../../core/limits.ts';
import {
  differingLeaves,
  leafOf,
  leafRange,
  newLeaves,
  rootOf,
  toggle,
  type Digest,
} from '../../../core/version/digest.ts';
import { fc } from '../../properties.ts';

const half = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const key: fc.Arbitrary<Key> = fc.record({ text: fc.string(), high: half, low: half });
const digest: fc.Arbitrary<Digest> = fc.record({ high: half, low: half });
const slotBits = fc.integer({ min: SLOT_BITS_MIN, max: SLOT_BITS_MAX });
/** Writes: at each key (by number) a new digest, or none: the record goes. */
const writes = fc.array(fc.record({ at: fc.nat({ max: 9 }), digest: fc.option(digest) }), {
  maxLength: 60,
});

describe('the digest of a slot', () => {
  test('a leaf is the hash bits that follow the slot bits', () => {
    fc.assert(
      fc.property(key, slotBits, (k, bits) => {
        const hash = (BigInt(k.high) << 32n) | BigInt(k.low);
        const naive = Number((hash >> BigInt(64 - bits - LEAF_BITS)) & BigInt(LEAVES - 1));
        expect(leafOf(k, bits)).toBe(naive);
      }),
    );
  });

  test('a key lies in the hash range of its leaf and of no other', () => {
    fc.assert(
      fc.property(key, slotBits, (k, bits) => {
        const slot = Math.floor(k.high / 2 ** (32 - bits));
        const holding = Array.from({ length: LEAVES }, (_, leaf) => leafRange(slot, leaf, bits))
          .map(({ from, until }, leaf) => (k.high >= from && k.high <= until ? leaf : -1))
          .filter((leaf) => leaf >= 0);
        expect(holding).toEqual([leafOf(k, bits)]);
      }),
    );
  });

  test('kept write by write equals the one computed anew', () => {
    fc.assert(
      fc.property(
        fc.array(key, { minLength: 10, maxLength: 10 }),
        writes,
        slotBits,
        (keys, all, bits) => {
          const held = new Map<number, Digest>();
          const kept = newLeaves();
          for (const write of all) {
            const leaf = leafOf(keys[write.at]!, bits);
            const before = held.get(write.at);
            if (before !== undefined) toggle(kept, leaf, before);
            if (write.digest === null) held.delete(write.at);
            else {
              held.set(write.at, write.digest);
              toggle(kept, leaf, write.digest);
            }
          }
          const anew = newLeaves();
          for (const [at, each] of held) toggle(anew, leafOf(keys[at]!, bits), each);
          expect(kept).toEqual(anew);
          expect(rootOf(kept)).toEqual(rootOf(anew));
        },
      ),
    );
  });

  test('the root is the XOR of all records, and that of nothing is (0, 0)', () => {
    const leaves = newLeaves();
    expect(rootOf(leaves)).toEqual({ high: 0, low: 0 });
    toggle(leaves, 3, { high: 0xffff0000, low: 1 });
    toggle(leaves, 15, { high: 0xffff, low: 2 });
    expect(rootOf(leaves)).toEqual({ high: 0xffffffff, low: 3 });
  });

  test('exactly the leaves with a difference are named, ascending', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: LEAVES - 1 })), (changed) => {
        const other = newLeaves();
        changed.forEach((leaf, i) => {
          toggle(other, leaf, i % 2 ? { high: 1, low: 0 } : { high: 0, low: 1 });
        });
        expect(differingLeaves(newLeaves(), other)).toEqual([...changed].sort((a, b) => a - b));
      }),
    );
  });
});
