// Decoded records in front of the store, least recently used ones leave first. It knows absent keys
// too (a create asks for nothing but that), and forgets a whole slot in one step. A slot that was
// empty in this life, and of which nothing left the cache since, is known to the last key.
import type { Slot } from '../../core/api/ids.ts';
import type { VersionedObject } from '../../core/api/object.ts';

interface Known {
  readonly object: VersionedObject | null;
  /** Bytes in the store's measure (`counts`); 0: absent. */
  readonly load: number;
}

interface Entry {
  readonly text: string;
  slot: Slot;
  /** The slot's erasures when this was put; an older one is no longer true. */
  erasures: number;
  object: VersionedObject | null;
  load: number;
  older: Entry | null;
  newer: Entry | null;
}

const ABSENT: Known = { object: null, load: 0 };

/**
 * What an entry adds to resident memory beside key and encoded object: 150 for itself, 600 for a
 * decoded object of one sibling, 150 for a value outside the heap, and as much again for the garbage
 * that entries become before they are collected (measured with values of 100 bytes).
 */
export const ENTRY_BYTES = 1800;

export class RecordCache {
  hits = 0;
  misses = 0;
  bytes = 0;
  private readonly bytesMax: number;
  private readonly entries = new Map<string, Entry>();
  private erasures = new Uint32Array(0);
  /** 1: every record of the slot is here. Spares a filling ring one read of the disk per key. */
  private whole = new Uint8Array(0);
  private oldest: Entry | null = null;
  private newest: Entry | null = null;

  /** bytesMax 0: keeps nothing. */
  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Starts with nothing of so many slots; `isEmpty`: nor has the store any record of them. */
  reset(slots: number, isEmpty: boolean): void {
    this.entries.clear();
    this.erasures = new Uint32Array(slots);
    this.whole = new Uint8Array(slots).fill(isEmpty ? 1 : 0);
    this.oldest = this.newest = null;
    this.bytes = 0;
  }

  /** What the store holds under the key; undefined: not known here. */
  get(text: string, slot: Slot): Known | undefined {
    const entry = this.current(text);
    if (entry !== undefined) this.touch(entry);
    const known = entry ?? this.elsewhere(slot);
    if (known === undefined) this.misses++;
    else this.hits++;
    return known;
  }

  /** As `get`, but no use of the entry. */
  peek(text: string, slot: Slot): Known | undefined {
    return this.current(text) ?? this.elsewhere(slot);
  }

  /** What a key without an entry is known to be. */
  private elsewhere(slot: Slot): Known | undefined {
    return this.whole[slot] === 1 ? ABSENT : undefined;
  }

  private current(text: string): Entry | undefined {
    const entry = this.entries.get(text);
    return entry !== undefined && entry.erasures === this.erasures[entry.slot] ? entry : undefined;
  }

  put(text: string, slot: Slot, object: VersionedObject | null, load: number): void {
    const known = this.entries.get(text);
    const entry = known ?? { text, slot, erasures: 0, object, load: 0, older: null, newer: null };
    this.bytes += load - entry.load + (known === undefined ? ENTRY_BYTES + text.length : 0);
    entry.slot = slot;
    entry.erasures = this.erasures[slot]!;
    entry.object = object;
    entry.load = load;
    if (known === undefined) {
      this.entries.set(text, entry);
      this.append(entry);
    } else {
      this.touch(entry);
    }
    while (this.bytes > this.bytesMax && this.oldest !== null) this.drop(this.oldest);
  }

  /** An entry of the key is here, true or not: a record of it must be put. */
  knows(text: string): boolean {
    return this.entries.has(text);
  }

  /** The store has a record more of the slot, and nobody asked for it: it is left out. */
  passed(slot: Slot): void {
    this.whole[slot] = 0;
  }

  /** The slot was erased: it has no key. Its entries leave as they are met or age. */
  forgetSlot(slot: Slot): void {
    this.erasures[slot]!++;
    this.whole[slot] = 1;
  }

  private drop(entry: Entry): void {
    if (entry.load > 0 && entry.erasures === this.erasures[entry.slot]) this.whole[entry.slot] = 0;
    this.entries.delete(entry.text);
    this.unlink(entry);
    this.bytes -= entry.load + ENTRY_BYTES + entry.text.length;
  }

  private touch(entry: Entry): void {
    if (this.newest === entry) return;
    this.unlink(entry);
    this.append(entry);
  }

  private append(entry: Entry): void {
    entry.older = this.newest;
    entry.newer = null;
    if (this.newest === null) this.oldest = entry;
    else this.newest.newer = entry;
    this.newest = entry;
  }

  private unlink({ older, newer }: Entry): void {
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.newest = older;
    else newer.older = older;
  }
}
