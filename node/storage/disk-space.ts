// How much room the volume has left. Polled, since asking at each write would cost more than it
// tells; the reserve is what can be written between two polls and what LevelDB needs to compact.
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

export interface DiskSpace {
  readonly freeBytes: number;
  /** True while less than the reserve is free. */
  readonly full: boolean;
  /** Bytes of the store's files. */
  readonly usedBytes: number;
}

export interface DiskGauge {
  now(): DiskSpace;
  close(): void;
}

/** ms between two looks at the free space. */
const POLL_MS = 1_000;
/** Looks at the free space per look at the files' sizes, which costs a call per file. */
const POLLS_PER_USAGE = 10;

/** Watches the volume of `folder`; the first answer is there when this resolves. */
export async function openDiskGauge(
  folder: string,
  options: { readonly reserveBytes: number },
): Promise<DiskGauge> {
  let space: DiskSpace = { freeBytes: 0, full: false, usedBytes: await filesBytes(folder) };
  let polls = 0;
  const look = async (): Promise<void> => {
    const { bavail, bsize } = await statfs(folder);
    const freeBytes = bavail * bsize;
    const usedBytes = ++polls % POLLS_PER_USAGE === 0 ? await filesBytes(folder) : space.usedBytes;
    space = { freeBytes, full: freeBytes < options.reserveBytes, usedBytes };
  };
  await look();
  let looking = false;
  const timer = setInterval(() => {
    // A disk too slow to answer in time is not asked again meanwhile; what was known stays.
    if (looking) return;
    looking = true;
    look()
      .catch(() => undefined)
      .finally(() => {
        looking = false;
      });
  }, POLL_MS);
  timer.unref();
  return {
    now: () => space,
    close: () => {
      clearInterval(timer);
    },
  };
}

async function filesBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const file of await readdir(folder)) {
    // LevelDB removes files as it compacts: one that is gone counts for nothing.
    bytes += await stat(join(folder, file)).then(
      (found) => found.size,
      () => 0,
    );
  }
  return bytes;
}
