// The slow scrub: walks all slots and reports records whose checksum fails, before a read needs them.
// A scan reads the disk and checks everything it meets, so a scrub is scans at a bounded rate; the
// driver feeds what is found to the replica, which takes it as a lost replica of the key (R9).
import { setTimeout as pause } from 'node:timers/promises';
import type { Slot } from '../../core/api/ids.ts';
import type { Key } from '../../core/api/object.ts';
import { PAGE_BYTES, PAGE_RECORDS } from '../../core/limits.ts';
import type { Storage } from './storage.ts';

export interface ScrubQuery {
  /** Where to start: 0 for the whole store, or the slot where an earlier scrub was ended. */
  readonly from: Slot;
  /** Pause between two pages in ms; a page is at most 256 records and 1 MiB. */
  readonly pauseMs: number;
  /** Ends the scrub. */
  readonly signal: AbortSignal;
}

/** What one slot was found to hold. */
export interface ScrubbedSlot {
  readonly slot: Slot;
  readonly records: number;
  readonly corrupt: readonly Key[];
}

/** Slot by slot to the last one, once. Ends without an error when the signal is aborted. */
export async function* scrub(storage: Storage, query: ScrubQuery): AsyncGenerator<ScrubbedSlot> {
  for (let slot = query.from; slot < storage.counts().keys.length; slot++) {
    const corrupt: Key[] = [];
    let records = 0;
    let after: Key | null = null;
    do {
      if (!(await paused(query))) return;
      const page = await storage.scan({
        slot,
        after,
        until: null,
        limit: PAGE_RECORDS,
        bytesMax: PAGE_BYTES,
      });
      records += page.records.length;
      corrupt.push(...page.corrupt);
      after = page.next;
    } while (after !== null);
    yield { slot, records, corrupt };
  }
}

async function paused({ pauseMs, signal }: ScrubQuery): Promise<boolean> {
  // The timer rejects when the signal is aborted: that is how a scrub ends, not a failure.
  return pause(pauseMs, !signal.aborted, { signal, ref: false }).catch(() => false);
}
