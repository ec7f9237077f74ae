// What was issued and is not yet durable: the ordered form in which writes wait for their commit,
// and the view of them that loads need until the disk tells the same.
import type { Slot } from '../../core/api/ids.ts';
import type { Key, VersionedObject } from '../../core/api/object.ts';
import type { StoredRange } from './keys.ts';

export interface RecordWrite {
  readonly kind: 'record';
  readonly key: Key;
  readonly slot: Slot;
  readonly stored: Buffer;
  readonly object: VersionedObject | null;
  /** Bytes in the measure of `counts`; 0: the record is removed. */
  readonly load: number;
  /** The same of what was there before; null: to be read from the store before the commit. */
  prior: number | null;
}

/** A hint or a meta value; sealed null: remove it. */
export interface PlainWrite {
  readonly kind: 'plain';
  readonly stored: Buffer;
  readonly sealed: Buffer | null;
}

/** Removes all records of a slot that were written before. */
export interface Erasure {
  readonly kind: 'erasure';
  readonly range: StoredRange;
  readonly slot: Slot;
}

/** The first document tells how many slots there are. */
export interface SlotBitsWrite {
  readonly kind: 'slot-bits';
  readonly slotBits: number;
}

export type PendingWrite = RecordWrite | PlainWrite | Erasure | SlotBitsWrite;

/** Records and erased slots that the disk does not show yet. */
export class PendingRecords {
  private readonly records = new Map<string, RecordWrite>();
  private readonly erasures = new Map<Slot, number>();

  /** The record as issued; null: removed or erased; undefined: nothing is pending for it. */
  find(
    text: string,
    slot: Slot,
  ): { readonly object: VersionedObject | null; readonly load: number } | undefined {
    return this.records.get(text) ?? (this.erasures.has(slot) ? ABSENT : undefined);
  }

  wrote(write: RecordWrite): void {
    this.records.set(write.key.text, write);
  }

  erased(slot: Slot): void {
    for (const [text, record] of this.records) if (record.slot === slot) this.records.delete(text);
    this.erasures.set(slot, (this.erasures.get(slot) ?? 0) + 1);
  }

  /** The write is durable: from now on the disk says so. */
  settle(write: PendingWrite): void {
    if (write.kind === 'record') {
      if (this.records.get(write.key.text) === write) this.records.delete(write.key.text);
    } else if (write.kind === 'erasure') {
      const left = this.erasures.get(write.slot)! - 1;
      if (left === 0) this.erasures.delete(write.slot);
      else this.erasures.set(write.slot, left);
    }
  }

  get empty(): boolean {
    return this.records.size === 0 && this.erasures.size === 0;
  }
}

const ABSENT = { object: null, load: 0 } as const;
