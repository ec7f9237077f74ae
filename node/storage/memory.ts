// The store of a cache ring (`storage.ephemeral`): nothing outlives the process, so each start is a
// new incarnation. As strict as the disk: writes are acknowledged later and in order.
import type { Incarnation, Slot } from '../../core/api/ids.ts';
import type { Key, KeyRecord } from '../../core/api/object.ts';
import { assert, defined, unreachable } from '../../core/assert.ts';
import { SLOT_BITS } from '../../core/limits.ts';
import type {
  Loaded,
  ScannedHint,
  StoredHint,
  StoredState,
  StoreWrite,
} from '../../core/replica/effects.ts';
import { GroupCommit } from './commit.ts';
import { SlotCounts } from './counts.ts';
import { newIncarnation } from './identity.ts';
import { slotAt } from './keys.ts';
import { loadBytes, withOwnValues } from './record.ts';
import { SortedSlots } from './sorted-slots.ts';
import type {
  HintPage,
  HintQuery,
  Identity,
  Page,
  PageQuery,
  SlotLoads,
  Storage,
  StorageStats,
} from './storage.ts';

/** A store that starts empty, as a new incarnation. */
export function openMemoryStorage(): Promise<Storage> {
  return Promise.resolve(new MemoryStorage());
}

class MemoryStorage implements Storage {
  readonly identity: Identity;
  readonly state: StoredState = { document: null, actor: null, marks: new Map(), hints: new Map() };
  readonly counted = Promise.resolve();
  private readonly commit: GroupCommit<StoreWrite>;
  private readonly hints = new Map<Incarnation, SortedSlots<StoredHint>>();
  private records = new SortedSlots<KeyRecord['object']>(SLOT_BITS);
  private loads = new SlotCounts(SLOT_BITS);
  private slotBits = SLOT_BITS;
  private loaded = 0;
  private closed = false;

  constructor() {
    const incarnation = newIncarnation();
    this.identity = { incarnation, volume: `memory-${incarnation}` };
    this.commit = new GroupCommit(
      () => Promise.resolve(),
      (error) => {
        throw error;
      },
    );
  }

  load(key: Key): Loaded {
    this.loaded++;
    return this.records.get(this.slotOf(key), key)?.value ?? null;
  }

  store(writes: readonly StoreWrite[], durable: () => void): void {
    assert(!this.closed, 'a store was written after it was closed');
    for (const write of writes) this.apply(write);
    this.commit.submit({ writes, durable });
  }

  async scan(query: PageQuery): Promise<Page> {
    await this.commit.settled();
    const { page, next } = this.records.page(query.slot, query, loadBytes);
    return { records: page.map(({ key, value }) => ({ key, object: value })), corrupt: [], next };
  }

  async scanHints(query: HintQuery): Promise<HintPage> {
    await this.commit.settled();
    const hints = this.hints.get(query.target);
    if (hints === undefined) return { hints: [], next: null };
    const { page, next } = hints.page(0, { ...query, until: null }, (key, hint) =>
      loadBytes(key, hint.object),
    );
    return { hints: page.map(({ key, value }): ScannedHint => ({ key, hint: value })), next };
  }

  counts(): SlotLoads {
    return this.loads;
  }

  stats(): StorageStats {
    let held = 0;
    for (const bytes of this.loads.bytes) held += bytes;
    return {
      // No disk: never full, and nothing on it.
      diskFreeBytes: Number.MAX_SAFE_INTEGER,
      diskFull: false,
      diskReserveBytes: 0,
      diskBytes: 0,
      cacheHits: this.loaded,
      cacheMisses: 0,
      cacheBytes: held,
      commitSeconds: this.commit.durations.read(),
      commitWrites: this.commit.sizes.read(),
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.commit.settled();
  }

  private apply(write: StoreWrite): void {
    switch (write.kind) {
      case 'record':
        return this.put(write.key, write.object);
      case 'erase-slot':
        this.records.erase(write.slot);
        return this.loads.erase(write.slot);
      case 'hint':
        return this.putHint(write.target, write.key, write.hint);
      case 'document':
        return this.learnSlots(write.document.slotBits);
      // Read at a start alone, which finds nothing here.
      case 'actor':
      case 'mark':
        return;
      default:
        return unreachable(write);
    }
  }

  private put(key: Key, object: KeyRecord['object'] | null): void {
    const slot = this.slotOf(key);
    const before = this.records.get(slot, key);
    if (before !== undefined) this.loads.change(slot, -1, -loadBytes(key, before.value));
    if (object === null) {
      this.records.delete(slot, key);
    } else {
      this.records.set(slot, key, withOwnValues(object));
      this.loads.change(slot, 1, loadBytes(key, object));
    }
  }

  private putHint(target: Incarnation, key: Key, hint: StoredHint | null): void {
    if (!this.hints.has(target)) this.hints.set(target, new SortedSlots(0));
    const hints = defined(this.hints.get(target), 'hints of a target');
    if (hint === null) hints.delete(0, key);
    else hints.set(0, key, { ...hint, object: withOwnValues(hint.object) });
  }

  private learnSlots(slotBits: number): void {
    if (slotBits === this.slotBits) return;
    const before = this.records;
    this.slotBits = slotBits;
    this.records = new SortedSlots(slotBits);
    this.loads = new SlotCounts(slotBits);
    for (const { key, value } of before.all()) this.put(key, value);
  }

  private slotOf(key: Key): Slot {
    return slotAt(key.high, this.slotBits);
  }
}
