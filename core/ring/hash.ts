// Key → position → slot, and the order in which a store keeps keys (protocol §1).
import type { Slot } from '../api/ids.ts';
import type { Key } from '../api/object.ts';
import { utf8, xxh64OfText } from '../xxh64.ts';

/** The key with its position: xxh64 of its UTF-8 bytes, seed 0. */
export function keyOf(text: string): Key {
  const { high, low } = xxh64OfText(text);
  return { text, high, low };
}

/** The slot of the key: the top `slotBits` (3 … 16) bits of its position. */
export function slotOf(key: Key, slotBits: number): Slot {
  return key.high >>> (32 - slotBits);
}

/**
 * Stored order: position, then the key's UTF-8 bytes; so a slot is one contiguous range whatever
 * slotBits is. Negative when a comes first, 0 when equal.
 */
export function compareKeys(a: Key, b: Key): number {
  if (a.high !== b.high) return a.high - b.high;
  if (a.low !== b.low) return a.low - b.low;
  if (a.text === b.text) return 0;
  return compareBytes(utf8(a.text), utf8(b.text));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    if (a[at] !== b[at]) return a[at]! - b[at]!;
  }
  return a.length - b.length;
}
