// Digests of one slot: LEAVES XOR sums over its records, kept up to date in the write path, so that
// two replicas find what differs without reading a record (protocol §5, anti-entropy).
import type { Slot } from '../api/ids.ts';
import type { Key } from '../api/object.ts';
import { LEAF_BITS, LEAVES } from '../limits.ts';

/** 64 bits as two uint32. */
export interface Digest {
  readonly high: number;
  readonly low: number;
}

/** The leaf of a key inside its slot: the LEAF_BITS bits of the hash that follow the slot's. */
export function leafOf(key: Key, slotBits: number): number {
  // slotBits + LEAF_BITS is at most 20, so the upper half of the hash holds them all.
  return (key.high << slotBits) >>> (32 - LEAF_BITS);
}

/** The range of the hash's upper 32 bits that a leaf holds, `from` and `until` inclusive. */
export function leafRange(
  slot: Slot,
  leaf: number,
  slotBits: number,
): { readonly from: number; readonly until: number } {
  const width = 2 ** (32 - slotBits - LEAF_BITS);
  const from = (slot * LEAVES + leaf) * width;
  return { from, until: from + width - 1 };
}

/** The leaves of an empty slot: LEAVES pairs (high, low). */
export function newLeaves(): Uint32Array {
  return new Uint32Array(2 * LEAVES);
}

/**
 * Adds a record's digest to its leaf, or takes it out again: XOR does both. A changed record is the
 * old digest toggled and the new one toggled. Writes `leaves`, which the caller owns.
 */
export function toggle(leaves: Uint32Array, leaf: number, digest: Digest): void {
  leaves[2 * leaf]! ^= digest.high;
  leaves[2 * leaf + 1]! ^= digest.low;
}

/** The slot's digest: XOR of all its records' digests. (0, 0): empty, or as good as. */
export function rootOf(leaves: Uint32Array): Digest {
  let high = 0;
  let low = 0;
  for (let i = 0; i < leaves.length; i += 2) {
    high ^= leaves[i]!;
    low ^= leaves[i + 1]!;
  }
  return { high: high >>> 0, low: low >>> 0 };
}

/** Leaves where the two differ, ascending. */
export function differingLeaves(a: Uint32Array, b: Uint32Array): number[] {
  const differing: number[] = [];
  for (let leaf = 0; leaf < LEAVES; leaf++) {
    if (a[2 * leaf] !== b[2 * leaf] || a[2 * leaf + 1] !== b[2 * leaf + 1]) differing.push(leaf);
  }
  return differing;
}
