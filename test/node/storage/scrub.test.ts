// The slow scrub: finds what is damaged, wherever it lies, and ends when it is told to.
import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { keyOf } from '../../../core/ring/hash.ts';
import { recordKey } from '../../../node/storage/keys.ts';
import { openLevelStorage } from '../../../node/storage/level.ts';
import { scrub } from '../../../node/storage/scrub.ts';
import { documentOf, recordOf, stored, withFolder } from './samples.ts';

const failed = (error: Error): void => {
  throw error;
};

test('a scrub reads every record and names the damaged ones', () =>
  withFolder(async (folder) => {
    const texts = Array.from({ length: 500 }, (_, i) => `key-${i}`);
    const before = await openLevelStorage({ folder, durability: 'sync', failed });
    await stored(before, { kind: 'document', document: documentOf(3) });
    await stored(before, ...texts.map((text) => recordOf(text, 'v')));
    await before.close();
    const db = new ClassicLevel<Uint8Array, Uint8Array>(join(folder, 'store'), {
      keyEncoding: 'view',
      valueEncoding: 'view',
    });
    for (const text of ['key-3', 'key-400'])
      await db.put(recordKey(keyOf(text)), Uint8Array.of(1, 2, 3));
    await db.close();

    const storage = await openLevelStorage({ folder, durability: 'sync', failed });
    const found: string[] = [];
    const slots: number[] = [];
    let records = 0;
    for await (const slot of scrub(storage, {
      from: 0,
      pauseMs: 0,
      signal: new AbortController().signal,
    })) {
      slots.push(slot.slot);
      records += slot.records;
      found.push(...slot.corrupt.map(({ text }) => text));
    }
    await storage.close();
    expect(slots).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(found.sort()).toEqual(['key-3', 'key-400']);
    expect(records).toBe(498);
  }));

test('a scrub ends between two pages when its signal is aborted', () =>
  withFolder(async (folder) => {
    const storage = await openLevelStorage({ folder, durability: 'sync', failed });
    const abort = new AbortController();
    const seen: number[] = [];
    for await (const { slot } of scrub(storage, { from: 4090, pauseMs: 0, signal: abort.signal })) {
      seen.push(slot);
      if (slot === 4092) abort.abort();
    }
    await storage.close();
    expect(seen).toEqual([4090, 4091, 4092]);
  }));
