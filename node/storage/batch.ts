// Turns pending writes into one LevelDB batch. LevelDB has no deletion of ranges, so an erasure
// names every key: those on disk (commits are serial: the disk shows all earlier batches), and those
// that the same batch wrote before it.
import type { ClassicLevel } from 'classic-level';
import type { Slot } from '../../core/api/ids.ts';
import { keyBytesIn } from './keys.ts';
import type { Erasure, PendingWrite, RecordWrite } from './pending.ts';
import { objectBytesIn, sealObject } from './record.ts';

export type Level = ClassicLevel<Uint8Array, Uint8Array>;

export type LevelOperation =
  { type: 'put'; key: Uint8Array; value: Uint8Array } | { type: 'del'; key: Uint8Array };

/** Bytes in the measure of `counts` of what lies on disk. */
export function storedLoad(storedLength: number, sealedLength: number): number {
  return keyBytesIn(storedLength) + objectBytesIn(sealedLength);
}

/** Fills in what the counts need to know of records that neither cache nor pending writes knew. */
export async function readPriors(db: Level, writes: readonly PendingWrite[]): Promise<void> {
  const unknown = writes.filter(
    (write): write is RecordWrite => write.kind === 'record' && write.prior === null,
  );
  if (unknown.length === 0) return;
  const values = await db.getMany(unknown.map((write) => write.stored));
  unknown.forEach((write, i) => {
    const value = values[i];
    write.prior = value === undefined ? 0 : storedLoad(write.stored.length, value.length);
  });
}

export async function operationsOf(
  db: Level,
  writes: readonly PendingWrite[],
): Promise<LevelOperation[]> {
  const operations: LevelOperation[] = [];
  const written = writes.some((write) => write.kind === 'erasure') ? new WrittenKeys() : null;
  for (const write of writes) {
    switch (write.kind) {
      case 'record': {
        const { stored, object } = write;
        operations.push(operation(stored, object === null ? null : sealObject(stored, object)));
        written?.add(write.slot, stored);
        break;
      }
      case 'plain':
        operations.push(operation(write.stored, write.sealed));
        break;
      case 'erasure':
        for (const key of await keysIn(db, write)) operations.push({ type: 'del', key });
        for (const key of written?.take(write.slot) ?? []) operations.push({ type: 'del', key });
        break;
      case 'slot-bits':
        break;
    }
  }
  return operations;
}

function operation(key: Uint8Array, value: Uint8Array | null): LevelOperation {
  return value === null ? { type: 'del', key } : { type: 'put', key, value };
}

async function keysIn(db: Level, { range }: Erasure): Promise<Uint8Array[]> {
  return db.keys({ gte: range.from, lt: range.to }).all();
}

/** Record keys of one batch by their slot, which a later erasure of the batch takes with it. */
class WrittenKeys {
  private readonly slots = new Map<Slot, Buffer[]>();

  add(slot: Slot, stored: Buffer): void {
    const keys = this.slots.get(slot);
    if (keys === undefined) this.slots.set(slot, [stored]);
    else keys.push(stored);
  }

  take(slot: Slot): readonly Buffer[] {
    const keys = this.slots.get(slot) ?? [];
    this.slots.delete(slot);
    return keys;
  }
}
