// Group commit: who shares a sync, in what order acknowledgements come, and what a failure ends.
import { describe, expect, test } from '@jest/globals';
import type { RingError } from '../../../core/errors.ts';
import { GroupCommit } from '../../../node/storage/commit.ts';

/** A disk whose syncs end when the test says so. */
function slowDisk() {
  const batches: number[][] = [];
  const failures: RingError[] = [];
  let end: { sync: () => void; fail: (why: Error) => void } | null = null;
  let begun = (): void => undefined;
  const commit = new GroupCommit<number>(
    (batch) =>
      new Promise((resolve, reject) => {
        batches.push(batch.flatMap(({ writes }) => writes));
        end = { sync: resolve, fail: reject };
        begun();
      }),
    (error) => {
      failures.push(error);
    },
  );
  return {
    batches,
    failures,
    commit,
    /** Resolves when the next sync has begun. */
    syncing: () =>
      new Promise<void>((resolve) => {
        begun = resolve;
      }),
    sync: () => {
      end!.sync();
    },
    fail: (why: string) => {
      end!.fail(new Error(why));
    },
  };
}

describe('group commit', () => {
  test('all that arrives while a sync runs shares the next one', async () => {
    const disk = slowDisk();
    const first = disk.syncing();
    disk.commit.submit({ writes: [1], durable: () => undefined });
    await first;
    for (const number of [2, 3, 4])
      disk.commit.submit({ writes: [number], durable: () => undefined });
    const second = disk.syncing();
    disk.sync();
    await second;
    expect(disk.batches).toEqual([[1], [2, 3, 4]]);
    disk.sync();
    await disk.commit.settled();
    expect(disk.commit.sizes.read().sum).toBe(4);
  });

  test('nothing is acknowledged before its own sync has ended', async () => {
    const disk = slowDisk();
    const acknowledged: number[] = [];
    const first = disk.syncing();
    disk.commit.submit({
      writes: [1],
      durable: () => {
        acknowledged.push(1);
      },
    });
    await first;
    disk.commit.submit({
      writes: [2],
      durable: () => {
        acknowledged.push(2);
      },
    });
    expect(acknowledged).toEqual([]);
    const second = disk.syncing();
    disk.sync();
    await second;
    expect(acknowledged).toEqual([1]);
    disk.sync();
    await disk.commit.settled();
    expect(acknowledged).toEqual([1, 2]);
    expect(disk.batches).toEqual([[1], [2]]);
  });

  test('a failed sync is told once, and nothing is written or acknowledged after it', async () => {
    const disk = slowDisk();
    const acknowledged: number[] = [];
    const first = disk.syncing();
    disk.commit.submit({
      writes: [1],
      durable: () => {
        acknowledged.push(1);
      },
    });
    await first;
    disk.commit.submit({
      writes: [2],
      durable: () => {
        acknowledged.push(2);
      },
    });
    const settled = disk.commit.settled();
    disk.fail('no space left');
    await expect(settled).rejects.toMatchObject({ code: 'STORE_FAILED' });
    disk.commit.submit({
      writes: [3],
      durable: () => {
        acknowledged.push(3);
      },
    });
    await expect(disk.commit.settled()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(acknowledged).toEqual([]);
    expect(disk.batches).toEqual([[1]]);
    expect(disk.failures.map(({ message }) => message)).toEqual([
      'writing to the store failed: no space left',
    ]);
  });
});
