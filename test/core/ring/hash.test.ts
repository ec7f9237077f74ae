import { describe, expect, test } from '@jest/globals';
import { compareKeys, keyOf, slotOf } from '../../../core/ring/hash.ts';
import { fc } from '../../properties.ts';

/** The bytes by which a store orders records: hash, big-endian, then the key. */
function storedBytes(text: string): Buffer {
  const { high, low } = keyOf(text);
  const position = Buffer.alloc(8);
  position.writeUInt32BE(high, 0);
  position.writeUInt32BE(low, 4);
  return Buffer.concat([position, Buffer.from(text)]);
}

describe('the place of a key', () => {
  test('is xxh64 of its UTF-8 bytes, and its slot the top bits of that', () => {
    const key = keyOf('a');
    expect(key).toEqual({ text: 'a', high: 0xd24ec4f1, low: 0xa98c6e5b });
    expect([3, 4, 12, 16].map((bits) => slotOf(key, bits))).toEqual([6, 0xd, 0xd24, 0xd24e]);
  });

  test('orders keys as their stored bytes are ordered', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const expected = Buffer.compare(storedBytes(a), storedBytes(b));
        expect(Math.sign(compareKeys(keyOf(a), keyOf(b)))).toBe(expected);
      }),
    );
  });

  test('orders two keys of one position by their UTF-8 bytes, not by UTF-16 units', () => {
    const astral = { text: '\u{10000}', high: 1, low: 2 };
    const private_ = { text: '\uffff', high: 1, low: 2 };
    expect(compareKeys(private_, astral)).toBeLessThan(0);
    expect(compareKeys(astral, private_)).toBeGreaterThan(0);
    expect(compareKeys({ ...astral, text: 'ab' }, { ...astral, text: 'a' })).toBeGreaterThan(0);
    expect(compareKeys(astral, { ...astral })).toBe(0);
  });

  test('keeps a slot one contiguous range of the stored order at any slotBits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 2 }),
        fc.integer({ min: 3, max: 16 }),
        (texts, slotBits) => {
          const slots = texts
            .map(keyOf)
            .sort(compareKeys)
            .map((key) => slotOf(key, slotBits));
          expect(slots).toEqual([...slots].sort((a, b) => a - b));
        },
      ),
    );
  });
});
