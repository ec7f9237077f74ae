// The store on disk: classic-level with group commit, decoded records in front and counts beside it.
// It decides in which order what is cached, pending and stored answers a load.
import { setImmediate as turn } from 'node:timers/promises';
import type { Slot } from '../../core/api/ids.ts';
import type { Key } from '../../core/api/object.ts';
import { assert, unreachable } from '../../core/assert.ts';
import { RingError } from '../../core/errors.ts';
import { CACHE_BYTES, DISK_RESERVE_BYTES, SLOT_BITS } from '../../core/limits.ts';
import { encodeDocument } from '../../core/membership/encoding.ts';
import type { Loaded, StoredState, StoreWrite } from '../../core/replica/effects.ts';
import { operationsOf, readPriors, storedLoad, type Level } from './batch.ts';
import { RecordCache } from './cache.ts';
import { GroupCommit, type Submission } from './commit.ts';
import { SlotCounts } from './counts.ts';
import { openDiskGauge, type DiskGauge } from './disk-space.ts';
import { makeFolder } from './identity.ts';
import {
  ALL_RECORDS,
  hintKey,
  metaKey,
  recordKey,
  slotAt,
  slotOfStored,
  slotRange,
} from './keys.ts';
import { META, openFolder, type OpenedFolder } from './opening.ts';
import { PendingRecords, type PendingWrite } from './pending.ts';
import { loadBytes, openObject, sealHint, sealText, withOwnValues } from './record.ts';
import { scanHintsOf, scanRecords } from './scan.ts';
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

export interface LevelStorageOptions {
  /** Made where missing. */
  readonly folder: string;
  /** `relaxed`: acknowledged once the operating system has it; a loss of power may undo it. */
  readonly durability: 'sync' | 'relaxed';
  readonly cacheBytes?: number;
  /** UID of the volume's claim; without it the folder itself is the volume. */
  readonly volumeUid?: string;
  readonly reserveBytes?: number;
  /** The store can no longer be written or read: the process must end (R13). Called at most once. */
  readonly failed: (error: RingError) => void;
}

/** Throws STORE_LOCKED, STORE_FAILED or NEWER_FORMAT, each saying what to do. */
export async function openLevelStorage(options: LevelStorageOptions): Promise<Storage> {
  const { folder, volumeUid, reserveBytes = DISK_RESERVE_BYTES } = options;
  await makeFolder(folder);
  const opened = await openFolder(folder, volumeUid);
  return new LevelStorage(options, opened, await openDiskGauge(opened.files, { reserveBytes }));
}

/** Entries that the count reads at a time, and the bytes that LevelDB hands over for them. */
const COUNT_FETCH = 1000;
const COUNT_BYTES = 256 * 1024;

class LevelStorage implements Storage {
  readonly identity: Identity;
  readonly state: StoredState;
  counted: Promise<void>;
  private readonly db: Level;
  private readonly gauge: DiskGauge;
  private readonly cache: RecordCache;
  private readonly commit: GroupCommit<PendingWrite>;
  private readonly pending = new PendingRecords();
  /** Loads on their way to the disk; a write of the key takes it out, so that it caches nothing old. */
  private readonly loading = new Map<string, Promise<Loaded>>();
  private readonly sync: boolean;
  private readonly reserveBytes: number;
  private slotBits: number;
  private loads: SlotCounts;
  private closed = false;

  constructor(options: LevelStorageOptions, opened: OpenedFolder, gauge: DiskGauge) {
    this.identity = opened.identity;
    this.state = opened.state;
    this.db = opened.db;
    this.gauge = gauge;
    this.sync = options.durability === 'sync';
    this.reserveBytes = options.reserveBytes ?? DISK_RESERVE_BYTES;
    // Before the first document no record can be known by its slot: the default serves.
    this.slotBits = opened.state.document?.slotBits ?? SLOT_BITS;
    this.cache = new RecordCache(options.cacheBytes ?? CACHE_BYTES);
    this.cache.reset(2 ** this.slotBits, opened.isNew);
    this.commit = new GroupCommit((batch) => this.write(batch), options.failed);
    this.loads = new SlotCounts(this.slotBits);
    this.counted = this.count();
  }

  load(key: Key): Loaded | Promise<Loaded> {
    const slot = slotAt(key.high, this.slotBits);
    const known = this.pending.find(key.text, slot) ?? this.cache.get(key.text, slot);
    if (known !== undefined) return known.object;
    return this.loading.get(key.text) ?? this.read(key, slot);
  }

  store(writes: readonly StoreWrite[], durable: () => void): void {
    assert(!this.closed, 'a store was written after it was closed');
    const issued: PendingWrite[] = [];
    for (const write of writes) this.issue(write, issued);
    this.commit.submit({ writes: issued, durable });
  }

  async scan(query: PageQuery): Promise<Page> {
    await this.commit.settled();
    return this.reading(() => scanRecords(this.db, query, this.slotBits));
  }

  async scanHints(query: HintQuery): Promise<HintPage> {
    await this.commit.settled();
    return this.reading(() => scanHintsOf(this.db, query));
  }

  counts(): SlotLoads {
    return this.loads;
  }

  stats(): StorageStats {
    const { freeBytes, full, usedBytes } = this.gauge.now();
    return {
      diskFreeBytes: freeBytes,
      diskFull: full,
      diskReserveBytes: this.reserveBytes,
      diskBytes: usedBytes,
      cacheHits: this.cache.hits,
      cacheMisses: this.cache.misses,
      cacheBytes: this.cache.bytes,
      commitSeconds: this.commit.durations.read(),
      commitWrites: this.commit.sizes.read(),
    };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.gauge.close();
    // A store that failed has told so; its folder is released all the same.
    await this.commit.settled().catch(() => undefined);
    await this.db.close();
  }

  /** Makes the write visible to loads, and adds what is to be committed for it. */
  private issue(write: StoreWrite, issued: PendingWrite[]): void {
    switch (write.kind) {
      case 'record':
        issued.push(this.issueRecord(write));
        return;
      case 'erase-slot':
        issued.push(this.issueErasure(write.slot));
        return;
      case 'hint': {
        const stored = hintKey(write.target, write.key);
        const sealed = write.hint === null ? null : sealHint(stored, write.hint);
        issued.push({ kind: 'plain', stored, sealed });
        return;
      }
      case 'document': {
        const { slotBits } = write.document;
        issued.push(meta(META.document, encodeDocument(write.document)));
        if (slotBits !== this.slotBits) issued.push(this.learnSlots(slotBits));
        return;
      }
      case 'actor':
        issued.push(meta(META.actor, JSON.stringify(write.actor)));
        return;
      case 'mark':
        issued.push(meta(META.mark + write.name, write.value));
        return;
      default:
        return unreachable(write);
    }
  }

  private issueRecord({ key, object, isNew }: StoreWrite & { kind: 'record' }): PendingWrite {
    const slot = slotAt(key.high, this.slotBits);
    const prior = isNew === true ? 0 : this.knownLoad(key, slot);
    const load = object === null ? 0 : loadBytes(key, object);
    // What nobody keeps any longer than its commit may stay where it came in.
    const passes = isNew === true && !this.cache.knows(key.text);
    const own = object === null || passes ? object : withOwnValues(object);
    const stored = recordKey(key);
    const write = { kind: 'record', key, slot, stored, object: own, load, prior } as const;
    this.pending.wrote(write);
    if (passes) this.cache.passed(slot);
    else this.cache.put(key.text, slot, own, load);
    this.loading.delete(key.text);
    return write;
  }

  /** null: to be read from the store. */
  private knownLoad({ text }: Key, slot: Slot): number | null {
    return (this.pending.find(text, slot) ?? this.cache.peek(text, slot))?.load ?? null;
  }

  private issueErasure(slot: Slot): PendingWrite {
    this.pending.erased(slot);
    this.cache.forgetSlot(slot);
    this.loading.clear();
    return { kind: 'erasure', range: slotRange(slot, this.slotBits), slot };
  }

  /** The number of slots belongs to the ring: it comes with the first document and never changes. */
  private learnSlots(slotBits: number): PendingWrite {
    assert(
      this.pending.empty,
      'records were written before the first document said what slots are',
    );
    this.slotBits = slotBits;
    this.cache.reset(2 ** slotBits, false);
    this.loading.clear();
    return { kind: 'slot-bits', slotBits };
  }

  private read(key: Key, slot: Slot): Promise<Loaded> {
    assert(!this.closed, 'a store was read after it was closed');
    const stored = recordKey(key);
    const promise = this.reading(async (): Promise<Loaded> => {
      const sealed = await this.db.get(stored);
      const object = sealed === undefined ? null : openObject(stored, sealed);
      if (this.loading.get(key.text) === promise) {
        this.loading.delete(key.text);
        if (object !== 'corrupt') {
          this.cache.put(key.text, slot, object, object === null ? 0 : loadBytes(key, object));
        }
      }
      return object;
    });
    this.loading.set(key.text, promise);
    return promise;
  }

  /** A disk that cannot be read is as fatal as one that cannot be written. */
  private async reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      const failure = new RingError('STORE_FAILED', 'reading the store failed', { cause });
      if (!this.closed) this.commit.fail(failure);
      throw failure;
    }
  }

  /** One batch, atomic; then the counts and the pending view follow the disk. */
  private async write(batch: readonly Submission<PendingWrite>[]): Promise<void> {
    const writes = batch.flatMap((submission) => submission.writes);
    await readPriors(this.db, writes);
    await this.db.batch(await operationsOf(this.db, writes), { sync: this.sync });
    for (const write of writes) this.pending.settle(write);
    const learnt = writes.findLast((write) => write.kind === 'slot-bits');
    if (learnt === undefined) {
      this.countChanges(writes);
    } else {
      this.loads = new SlotCounts(learnt.slotBits);
      this.counted = this.count();
    }
  }

  private countChanges(writes: readonly PendingWrite[]): void {
    for (const write of writes) {
      if (write.kind === 'record') {
        const before = write.prior ?? 0;
        this.loads.change(
          write.slot,
          Number(write.load > 0) - Number(before > 0),
          write.load - before,
        );
      } else if (write.kind === 'erasure') {
        this.loads.erase(write.slot);
      }
    }
  }

  /** Counts what the store holds at this moment; later commits add their changes meanwhile. */
  private async count(): Promise<void> {
    const loads = this.loads;
    // The iterator sees the store as it is now, before the first turn of the event loop ends.
    const { from, to } = ALL_RECORDS;
    const iterator = this.db.iterator({ gte: from, lt: to, highWaterMarkBytes: COUNT_BYTES });
    try {
      for (;;) {
        const entries = await iterator.nextv(COUNT_FETCH);
        // Closed, or learnt another number of slots meanwhile: another count tells.
        if (loads !== this.loads || this.closed) return;
        if (entries.length === 0) break;
        for (const [stored, sealed] of entries) {
          loads.found(
            slotOfStored(stored, loads.slotBits),
            storedLoad(stored.length, sealed.length),
          );
        }
        await turn();
      }
      loads.complete();
    } catch (cause) {
      if (!this.closed) {
        this.commit.fail(new RingError('STORE_FAILED', 'counting the records failed', { cause }));
      }
    } finally {
      await iterator.close();
    }
  }
}

function meta(name: string, text: string | null): PendingWrite {
  const stored = metaKey(name);
  return {
    kind: 'plain',
    stored,
    sealed: text === null ? null : sealText(stored, text),
  };
}
