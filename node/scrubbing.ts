// Looks for damaged records before a read needs them: a slow scrub of the whole store, again and
// again. The replica heals what is found from the others (R9).
import { setTimeout as pause } from 'node:timers/promises';
import { SCRUB_EVERY_MS, SCRUB_PAUSE_MS } from '../core/limits.ts';
import type { Driver } from './driver.ts';
import { scrub } from './storage/scrub.ts';
import type { Storage } from './storage/storage.ts';

export interface Scrubbing {
  readonly storage: Storage;
  readonly driver: Pick<Driver, 'damaged'>;
  readonly signal: AbortSignal;
  /** ms before each scrub, and between two pages of one. */
  readonly everyMs?: number;
  readonly pauseMs?: number;
}

/** Ends when the signal is aborted; a store that fails meanwhile ends the process by itself. */
export async function scrubForEver({
  storage,
  driver,
  signal,
  everyMs = SCRUB_EVERY_MS,
  pauseMs = SCRUB_PAUSE_MS,
}: Scrubbing): Promise<void> {
  try {
    for (;;) {
      await pause(everyMs, undefined, { signal, ref: false });
      for await (const { corrupt } of scrub(storage, { from: 0, pauseMs, signal })) {
        if (corrupt.length > 0) driver.damaged(corrupt);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
