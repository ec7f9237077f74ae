// Looks at the volume's room again and again: the replica refuses new values by it, and a person who reads
// the log learns of it without any metrics.
import type { Logger } from 'pino';
import { DISK_CHECK_MS } from '../core/limits.ts';
import type { Driver } from './driver.ts';
import type { Storage } from './storage/storage.ts';

export interface DiskWatch {
  readonly storage: Pick<Storage, 'stats'>;
  readonly driver: Pick<Driver, 'disk'>;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

export function watchDisk(watch: DiskWatch, signal: AbortSignal): void {
  const look = diskLook(watch);
  look();
  const timer = setInterval(look, DISK_CHECK_MS);
  signal.addEventListener('abort', () => {
    clearInterval(timer);
  });
}

/** One look; what it finds is said once, when it changes. */
export function diskLook({ storage, driver, log }: DiskWatch): () => void {
  let wasFull = false;
  return () => {
    const { diskFull: full, diskFreeBytes: freeBytes } = storage.stats();
    driver.disk(full, freeBytes);
    if (full && !wasFull) log.warn({ freeBytes }, 'disk full: new values are refused with 507');
    if (!full && wasFull) log.info({ freeBytes }, 'disk has room again: new values are taken');
    wasFull = full;
  };
}
