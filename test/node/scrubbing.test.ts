// The node's own scrub: what it finds damaged goes to the replica, scrub after scrub.
import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { Key } from '../../core/api/object.ts';
import { keyOf } from '../../core/ring/hash.ts';
import { scrubForEver } from '../../node/scrubbing.ts';
import { recordKey } from '../../node/storage/keys.ts';
import { openLevelStorage } from '../../node/storage/level.ts';
import { documentOf, recordOf, stored, withFolder } from './storage/samples.ts';

const failed = (error: Error): void => {
  throw error;
};

test('a damaged record is given to the replica, by every scrub that still finds it', () =>
  withFolder(async (folder) => {
    const before = await openLevelStorage({ folder, durability: 'sync', failed });
    await stored(before, { kind: 'document', document: documentOf(3) });
    await stored(before, recordOf('whole', 'v'), recordOf('damaged', 'v'));
    await before.close();
    const db = new ClassicLevel<Uint8Array, Uint8Array>(join(folder, 'store'), {
      keyEncoding: 'view',
      valueEncoding: 'view',
    });
    await db.put(recordKey(keyOf('damaged')), Uint8Array.of(1, 2, 3));
    await db.close();

    const storage = await openLevelStorage({ folder, durability: 'sync', failed });
    const ending = new AbortController();
    const told: string[][] = [];
    const damaged = (keys: readonly Key[]): void => {
      told.push(keys.map(({ text }) => text));
      if (told.length === 2) ending.abort();
    };
    await scrubForEver({
      storage,
      driver: { damaged },
      signal: ending.signal,
      everyMs: 0,
      pauseMs: 0,
    });
    await storage.close();
    expect(told).toEqual([['damaged'], ['damaged']]);
  }));
