// Looks for damaged records before a read needs them: a slow scrub of the whole store, again and
// again. A damaged record is read through the ring, which heals it from the other replicas (R9).
import { setTimeout as pause } from 'node:timers/promises';
import { requestId } from '../core/api/ids.ts';
import { SCRUB_EVERY_MS, SCRUB_PAUSE_MS } from '../core/limits.ts';
import type { Driver } from './driver.ts';
import type { Logger } from './log.ts';
import { scrub } from './storage/scrub.ts';
import type { Storage } from './storage/storage.ts';

export interface Scrubbing {
  readonly storage: Storage;
  readonly driver: Driver;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Ends when the signal is aborted; a store that fails meanwhile ends the process by itself. */
export async function scrubForEver({ storage, driver, log, signal }: Scrubbing): Promise<void> {
  let healed = 0;
  try {
    for (;;) {
      await pause(SCRUB_EVERY_MS, undefined, { signal, ref: false });
      for await (const { corrupt } of scrub(storage, {
        from: 0,
        pauseMs: SCRUB_PAUSE_MS,
        signal,
      })) {
        for (const key of corrupt) {
          healed++;
          driver.ask(
            { kind: 'read', id: requestId(`scrub-${healed}`), key, quorum: null },
            (result) => {
              if (result.kind === 'failed')
                log.warn({ key: key.text, code: result.code }, 'a damaged record stays');
            },
          );
        }
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
