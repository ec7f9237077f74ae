// Damage in LevelDB's own log: a hole is refused, a torn end is what a crash leaves.
import { describe, expect, test } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf } from '../../../core/ring/hash.ts';
import { seededRng } from '../../../core/rng.ts';
import { openLevelStorage } from '../../../node/storage/level.ts';
import { logHasHole } from '../../../node/storage/log-audit.ts';
import { objectOf, recordOf, stored, withFolder } from './samples.ts';

const failed = (error: Error): void => {
  throw error;
};
const VALUE = 'v'.repeat(3000);

/** A closed store of `batches` batches, and the path of its log. */
async function written(folder: string, batches: number): Promise<string> {
  const storage = await openLevelStorage({ folder, durability: 'sync', failed });
  for (let i = 0; i < batches; i++) await stored(storage, recordOf(`key-${i}`, VALUE));
  await storage.close();
  const files = await readdir(join(folder, 'store'));
  return join(
    folder,
    'store',
    files.find((name) => name.endsWith('.log'))!,
  );
}

describe("LevelDB's log", () => {
  test('is whole after an ordinary stop', () =>
    withFolder(async (folder) => {
      const log = await readFile(await written(folder, 40));
      expect(log.length).toBeGreaterThan(3 * 32 * 1024);
      expect(logHasHole(log)).toBe(false);
    }));

  test('cut off anywhere has a torn end and no hole', () =>
    withFolder(async (folder) => {
      const log = await readFile(await written(folder, 40));
      const rng = seededRng(7);
      for (let i = 0; i < 50; i++) {
        const cut = rng.below(log.length);
        expect(logHasHole(log.subarray(0, cut))).toBe(false);
        const blank = Buffer.concat([log.subarray(0, cut), Buffer.alloc(70_000)]);
        expect(logHasHole(blank)).toBe(false);
      }
    }));

  test('damaged anywhere before its last batches has a hole', () =>
    withFolder(async (folder) => {
      const log = await readFile(await written(folder, 40));
      const rng = seededRng(8);
      for (let i = 0; i < 30; i++) {
        const damaged = Buffer.from(log);
        damaged[rng.below(log.length - 7000)]! ^= 1 + rng.below(255);
        expect(logHasHole(damaged)).toBe(true);
      }
    }));

  test('with a hole is refused: LevelDB would open it without the lost writes', () =>
    withFolder(async (folder) => {
      const path = await written(folder, 40);
      const log = await readFile(path);
      log[20_000]! ^= 1;
      await writeFile(path, log);
      await expect(openLevelStorage({ folder, durability: 'sync', failed })).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('middle of its log') as unknown,
      });
    }));

  test('with a torn end opens with all that came before', () =>
    withFolder(async (folder) => {
      const path = await written(folder, 40);
      const log = await readFile(path);
      await writeFile(path, log.subarray(0, log.length - 100));
      const storage = await openLevelStorage({ folder, durability: 'sync', failed });
      expect(await storage.load(keyOf('key-38'))).toEqual(objectOf(VALUE));
      expect(await storage.load(keyOf('key-39'))).toBeNull();
      await storage.close();
    }));
});
