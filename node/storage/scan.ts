// Pages over the store's ranges, in stored order. A page reads the disk, never the cache, and checks
// every record it meets: a walk over all slots is therefore also the scrub (scrub.ts).
import type { Key, KeyRecord } from '../../core/api/object.ts';
import type { ScannedHint } from '../../core/replica/effects.ts';
import { storedLoad, type Level } from './batch.ts';
import {
  hintKey,
  hintRange,
  parseHintKey,
  parseRecordKey,
  recordKey,
  slotRange,
  type StoredRange,
} from './keys.ts';
import { openHint, openObjectToPass } from './record.ts';
import type { HintPage, HintQuery, Page, PageQuery } from './storage.ts';

/** Entries fetched from LevelDB at a time, each time through another thread: some 0.3 ms of this one's. */
const FETCH = 256;
/** bytes LevelDB collects ahead for one fetch. */
const FETCH_BYTES = 256 * 1024;

export async function scanRecords(db: Level, query: PageQuery, slotBits: number): Promise<Page> {
  const records: KeyRecord[] = [];
  const corrupt: Key[] = [];
  const range = slotRange(query.slot, slotBits);
  const bounds: Bounds = {
    ...(query.after === null ? { gte: range.from } : { gt: recordKey(query.after) }),
    ...(query.until === null ? { lt: range.to } : { lte: recordKey(query.until) }),
  };
  const next = await walk(db, bounds, query, (stored, sealed) => {
    const key = parseRecordKey(stored);
    // Damage to the key itself: there is no name to report or to go on from.
    if (key === null) return null;
    const object = openObjectToPass(stored, sealed);
    if (object === 'corrupt') corrupt.push(key);
    else records.push({ key, object });
    return key;
  });
  return { records, corrupt, next };
}

export async function scanHintsOf(db: Level, query: HintQuery): Promise<HintPage> {
  const hints: ScannedHint[] = [];
  const range: StoredRange = hintRange(query.target);
  const bounds: Bounds =
    query.after === null
      ? { gte: range.from, lt: range.to }
      : { gt: hintKey(query.target, query.after), lt: range.to };
  const next = await walk(db, bounds, query, (stored, sealed) => {
    const key = parseHintKey(stored)?.key ?? null;
    const hint = key === null ? 'corrupt' : openHint(stored, sealed);
    if (key === null || hint === 'corrupt') return null;
    hints.push({ key, hint });
    return key;
  });
  return { hints, next };
}

interface Bounds {
  readonly gt?: Buffer;
  readonly gte?: Buffer;
  readonly lt?: Buffer;
  readonly lte?: Buffer;
}

/**
 * Gives entries to `take` until the page is full. `take` returns the key, or null where the entry
 * counts for nothing. Returns the last key where entries are left, else null.
 */
async function walk(
  db: Level,
  bounds: Bounds,
  page: { readonly limit: number; readonly bytesMax: number },
  take: (stored: Uint8Array, sealed: Uint8Array) => Key | null,
): Promise<Key | null> {
  const iterator = db.iterator({ ...bounds, highWaterMarkBytes: FETCH_BYTES });
  let taken = 0,
    bytes = 0;
  let last: Key | null = null;
  try {
    for (;;) {
      const entries = await iterator.nextv(Math.min(FETCH, page.limit - taken + 1));
      if (entries.length === 0) return null;
      for (const [stored, sealed] of entries) {
        const load = storedLoad(stored.length, sealed.length);
        if (taken >= page.limit || (taken > 0 && bytes + load > page.bytesMax)) return last;
        const key = take(stored, sealed);
        if (key === null) continue;
        last = key;
        taken++;
        bytes += load;
      }
    }
  } finally {
    await iterator.close();
  }
}
