import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { lockHolder, LockLost, takeLock } from '../../../operator/local/lock.ts';
import { nameProcess } from '../../../operator/local/process-identity.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/** The name of a process that has ended and was waited for. */
async function deadProcess() {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'spawn');
  const name = nameProcess(child.pid!);
  await once(child, 'exit');
  return name;
}

describe('the lock of a state folder', () => {
  test('is refused while its holder lives, naming the holder', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      const lock = await takeLock(path);
      await expect(takeLock(path)).rejects.toThrow(new RegExp(`process ${process.pid}`));
      expect((await lockHolder(path))?.pid).toBe(process.pid);
      await lock.release();
    }));

  test('is free after its release, and leaves nothing behind', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      await (await takeLock(path)).release();
      expect(await readdir(folder)).toEqual([]);
      expect(await lockHolder(path)).toBeNull();
      await (await takeLock(path)).release();
    }));

  test('is taken over from a process that is dead', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      await writeFile(path, JSON.stringify({ ...(await deadProcess()), since: 'long ago' }));
      const lock = await takeLock(path);
      await expect(lock.assertHeld()).resolves.toBeUndefined();
      expect(await readdir(folder)).toEqual(['lock']);
      await lock.release();
    }));

  test('is taken over from a process whose number somebody else has now', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      await writeFile(
        path,
        JSON.stringify({ pid: process.pid, identity: 'an earlier boot/1', since: 'long ago' }),
      );
      await (await takeLock(path)).release();
    }));

  test('is taken over where a loss of power left half a lock', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      await writeFile(path, '{"pid": 1');
      await (await takeLock(path)).release();
    }));

  test('goes to exactly one of many that meet a stale one together', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      await writeFile(path, JSON.stringify({ ...(await deadProcess()), since: 'long ago' }));
      const taken = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(path)));
      const held = [];
      for (const result of taken) {
        if (result.status !== 'fulfilled') continue;
        if (
          await result.value.assertHeld().then(
            () => true,
            () => false,
          )
        )
          held.push(result.value);
      }
      expect(held).toHaveLength(1);
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
    }));

  test('a holder that lost it learns so before it stores, and does not release the new one', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      const lock = await takeLock(path);
      await writeFile(path, JSON.stringify({ pid: 1, identity: 'another', since: 'now' }));
      await expect(lock.assertHeld()).rejects.toBeInstanceOf(LockLost);
      await lock.release();
      expect(await readdir(folder)).toEqual(['lock']);
    }));
});
