// A simulated disk, by the contract of the storage port: writes are applied at once, survive a loss
// of power only after the sync that covers them, and come back as a prefix when the process dies.
import type { Incarnation, Slot } from '../../core/api/ids.ts';
import type { Key, KeyRecord, VersionedObject } from '../../core/api/object.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import type {
  Loaded,
  ScannedHint,
  StoredActor,
  StoredState,
  StoreWrite,
} from '../../core/replica/effects.ts';
import { assert, unreachable } from '../../core/assert.ts';
import { compareKeys, slotOf } from '../../core/ring/hash.ts';
import { objectBytes } from '../../core/version/siblings.ts';

export interface Page {
  readonly records: readonly KeyRecord[];
  readonly corrupt: readonly Key[];
  readonly next: Key | null;
}

/** All that a store holds. */
export class Contents {
  readonly slotBits: number;
  /** Records in stored order; a slot without records has no entry. */
  readonly slots = new Map<Slot, KeyRecord[]>();
  readonly corrupt = new Set<string>();
  readonly hints = new Map<Incarnation, Map<string, ScannedHint>>();
  readonly marks = new Map<string, string>();
  document: RingDocument | null = null;
  actor: StoredActor | null = null;

  constructor(slotBits: number) {
    this.slotBits = slotBits;
  }

  copy(): Contents {
    const twin = new Contents(this.slotBits);
    for (const [slot, records] of this.slots) twin.slots.set(slot, [...records]);
    for (const text of this.corrupt) twin.corrupt.add(text);
    for (const [target, hints] of this.hints) twin.hints.set(target, new Map(hints));
    for (const [name, value] of this.marks) twin.marks.set(name, value);
    twin.document = this.document;
    twin.actor = this.actor;
    return twin;
  }

  apply(writes: readonly StoreWrite[]): void {
    for (const write of writes) this.applyOne(write);
  }

  private applyOne(write: StoreWrite): void {
    switch (write.kind) {
      case 'record':
        return this.applyRecord(write);
      case 'erase-slot':
        return this.eraseSlot(write.slot);
      case 'hint':
        return this.applyHint(write);
      case 'document':
        this.document = write.document;
        return;
      case 'actor':
        this.actor = write.actor;
        return;
      case 'mark':
        if (write.value === null) this.marks.delete(write.name);
        else this.marks.set(write.name, write.value);
        return;
      default:
        unreachable(write);
    }
  }

  private applyRecord({ key, object, isNew }: Extract<StoreWrite, { kind: 'record' }>): void {
    const slot = slotOf(key, this.slotBits);
    if (this.corrupt.size > 0) this.corrupt.delete(key.text);
    let records = this.slots.get(slot);
    if (records === undefined) {
      if (object === null) return;
      this.slots.set(slot, (records = []));
    }
    let at = 0;
    while (at < records.length && compareKeys(records[at]!.key, key) < 0) at++;
    const there = at < records.length && records[at]!.key.text === key.text;
    // A store that believes it counts wrong, and a stream that says so has merged nothing (R6).
    assert(!there || isNew !== true, `${key.text} is said to be new and is there`);
    if (object !== null) records.splice(at, there ? 1 : 0, { key, object });
    else if (there) records.splice(at, 1);
    if (records.length === 0) this.slots.delete(slot);
  }

  private eraseSlot(slot: Slot): void {
    for (const record of this.slots.get(slot) ?? []) this.corrupt.delete(record.key.text);
    this.slots.delete(slot);
  }

  private applyHint(write: Extract<StoreWrite, { kind: 'hint' }>): void {
    let held = this.hints.get(write.target);
    if (held === undefined) {
      if (write.hint === null) return;
      this.hints.set(write.target, (held = new Map<string, ScannedHint>()));
    }
    if (write.hint === null) held.delete(write.key.text);
    else held.set(write.key.text, { key: write.key, hint: write.hint });
    if (held.size === 0) this.hints.delete(write.target);
  }

  find(key: Key): VersionedObject | null {
    for (const record of this.slots.get(slotOf(key, this.slotBits)) ?? []) {
      if (record.key.text === key.text) return record.object;
    }
    return null;
  }

  load(key: Key): Loaded {
    return this.corrupt.has(key.text) ? 'corrupt' : this.find(key);
  }

  scan(query: { slot: Slot; after: Key | null; until: Key | null }, limit: number): Page {
    const records: KeyRecord[] = [];
    const corrupt: Key[] = [];
    let taken = 0;
    let last: Key | null = null;
    for (const record of this.slots.get(query.slot) ?? []) {
      if (query.after !== null && compareKeys(record.key, query.after) <= 0) continue;
      if (query.until !== null && compareKeys(record.key, query.until) > 0) break;
      if (taken === limit) return { records, corrupt, next: last };
      if (this.corrupt.has(record.key.text)) corrupt.push(record.key);
      else records.push(record);
      last = record.key;
      taken++;
    }
    return { records, corrupt, next: null };
  }

  scanHints(
    target: Incarnation,
    after: Key | null,
    limit: number,
  ): { hints: ScannedHint[]; next: Key | null } {
    const all = [...(this.hints.get(target)?.values() ?? [])]
      .filter((held) => after === null || compareKeys(held.key, after) > 0)
      .sort((a, b) => compareKeys(a.key, b.key));
    const hints = all.slice(0, limit);
    return { hints, next: all.length > hints.length ? hints.at(-1)!.key : null };
  }

  state(): StoredState {
    const hints = new Map<Incarnation, { items: number; bytes: number }>();
    for (const [target, held] of this.hints) {
      let bytes = 0;
      for (const one of held.values()) bytes += objectBytes(one.hint.object);
      hints.set(target, { items: held.size, bytes });
    }
    return { document: this.document, actor: this.actor, marks: new Map(this.marks), hints };
  }
}

/** One volume: what the process sees, what a loss of power would leave, and whose it is. */
export class Volume {
  readonly uid: string;
  /** The identity file: the incarnation and the UID under which it was made; null: never opened. */
  identity: { readonly incarnation: Incarnation; readonly uid: string } | null = null;
  applied: Contents;
  durable: Contents;
  /** Applied batches that no sync has covered yet, oldest first. */
  readonly unsynced: (readonly StoreWrite[])[] = [];
  /** An older state that a restore may bring back. */
  snapshot: { readonly contents: Contents; readonly identity: Volume['identity'] } | null = null;
  isFull = false;

  constructor(uid: string, slotBits: number) {
    this.uid = uid;
    this.applied = new Contents(slotBits);
    this.durable = new Contents(slotBits);
  }

  write(writes: readonly StoreWrite[]): void {
    this.applied.apply(writes);
    this.unsynced.push(writes);
  }

  /** The first `batches` unsynced batches survive everything from now on. */
  sync(batches: number): void {
    for (let i = 0; i < batches; i++) this.durable.apply(this.unsynced[i]!);
    this.unsynced.splice(0, batches);
  }

  /** The process or the power is gone: only the first `batches` unsynced batches are still there. */
  cutAt(batches: number): void {
    if (batches >= this.unsynced.length) return;
    this.unsynced.length = batches;
    this.applied = this.durable.copy();
    for (const writes of this.unsynced) this.applied.apply(writes);
  }

  /** The store's recovery on opening writes out what it found (LevelDB replays its log into a synced table). */
  recover(): void {
    this.sync(this.unsynced.length);
  }

  takeSnapshot(): void {
    this.snapshot = { contents: this.durable.copy(), identity: this.identity };
  }
}
