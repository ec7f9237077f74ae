// kill -9 at any moment: what was acknowledged is there, effects are whole, and none is skipped.
import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { seededRng } from '../../../core/rng.ts';
import { keyOf } from '../../../core/ring/hash.ts';
import { openLevelStorage } from '../../../node/storage/level.ts';
import type { Storage } from '../../../node/storage/storage.ts';
import { objectOf, withFolder } from './samples.ts';

const WRITER = join(import.meta.dirname, 'crash-writer.ts');
const ROUNDS = 6;

/** Kills the writer after so many bytes of its output; the highest number that it printed whole. */
function writeUntilKilled(folder: string, start: number, bytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, folder, String(start)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.length >= bytes) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the writer ended by itself: ${printed}`));
      const whole = printed.slice(0, printed.lastIndexOf('\n')).split('\n').map(Number);
      resolve(whole.at(-1)!);
    });
  });
}

async function holds(storage: Storage, text: string): Promise<boolean> {
  const loaded = await storage.load(keyOf(text));
  expect(loaded).not.toBe('corrupt');
  return loaded !== null;
}

for (const seed of [1, 2]) {
  test(`no acknowledged write is lost and no effect is torn by ${ROUNDS} kills [seed ${seed}]`, () =>
    withFolder(async (folder) => {
      const rng = seededRng(seed);
      let incarnation: string | null = null;
      let start = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const acknowledged = await writeUntilKilled(folder, start, 1 + rng.below(4_000));
        const storage = await openLevelStorage({
          folder,
          durability: 'sync',
          failed: (error) => {
            throw error;
          },
        });
        incarnation ??= storage.identity.incarnation;
        expect(storage.identity.incarnation).toBe(incarnation);
        let whole = 0;
        while (await holds(storage, `left-${whole}`)) {
          expect(await holds(storage, `right-${whole}`)).toBe(true);
          whole++;
        }
        expect(whole).toBeGreaterThan(acknowledged);
        for (let beyond = whole; beyond < whole + 50; beyond++) {
          expect(await holds(storage, `left-${beyond}`)).toBe(false);
          expect(await holds(storage, `right-${beyond}`)).toBe(false);
        }
        const last = whole - 1;
        expect(await storage.load(keyOf('shared'))).toEqual(
          objectOf('v'.repeat(last % 3000), whole),
        );
        expect(storage.state.marks.get('last')).toBe(String(last));
        const { hints } = await storage.scanHints({
          target: storage.identity.incarnation,
          after: null,
          limit: 2,
          bytesMax: 1e6,
        });
        expect(hints.map(({ hint }) => hint.sinceMs)).toEqual([last]);
        await storage.counted;
        expect(storage.counts().keys.reduce((sum, keys) => sum + keys)).toBe(2 * whole + 1);
        await storage.close();
        start = whole;
      }
    }));
}
