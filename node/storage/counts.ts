// Keys and bytes per slot. A count over a snapshot and the changes committed since then add up to
// the truth, so that counting a million keys after a start never holds up serving. No count is kept
// on disk: one that could be stale after a crash would have to be checked by this very count.
import type { Slot } from '../../core/api/ids.ts';
import type { SlotLoads } from './storage.ts';

export class SlotCounts implements SlotLoads {
  readonly slotBits: number;
  readonly keys: Float64Array;
  readonly bytes: Float64Array;
  /** Slots erased while the count runs: what the snapshot still shows of them is gone. */
  private erased: Set<Slot> | null = new Set();

  constructor(slotBits: number) {
    this.slotBits = slotBits;
    this.keys = new Float64Array(2 ** slotBits);
    this.bytes = new Float64Array(2 ** slotBits);
  }

  /** A committed change. */
  change(slot: Slot, keys: number, bytes: number): void {
    this.keys[slot]! += keys;
    this.bytes[slot]! += bytes;
  }

  /** A committed erasure of the slot. */
  erase(slot: Slot): void {
    this.keys[slot] = 0;
    this.bytes[slot] = 0;
    this.erased?.add(slot);
  }

  /** One key of the snapshot. */
  found(slot: Slot, bytes: number): void {
    if (this.erased?.has(slot) !== true) this.change(slot, 1, bytes);
  }

  /** The snapshot was read to its end. */
  complete(): void {
    this.erased = null;
  }
}
