// What the store alone does in a second, one figure at a time. Figures of `sync` depend on the
// disk.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyOf } from '../../core/ring/hash.ts';
import type { VersionedObject } from '../../core/api/object.ts';
import { openLevelStorage } from '../../node/storage/level.ts';
import { openMemoryStorage } from '../../node/storage/memory.ts';
import type { Storage } from '../../node/storage/storage.ts';
import type { Bench, Figure, Section } from './figures.ts';
import { count } from './figures.ts';

const KEYS = 50_000;
const keys = Array.from({ length: KEYS }, (_, i) => keyOf(`bench-${i}`));

function objectOf(counter: number): VersionedObject {
  const dot = { actor: '00000000000000aa.1', counter };
  return {
    context: { actors: [dot.actor], counters: [counter] },
    siblings: [
      { dot, value: new Uint8Array(100), contentType: 'text/plain', time: counter, expiresAtMs: 0 },
    ],
  };
}

/** Acknowledged effects of one record each, so many on their way at a time. */
async function puts(storage: Storage, outstanding: number, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let next = 0,
    done = 0;
  await Promise.all(
    Array.from(
      { length: outstanding },
      () =>
        new Promise<void>((resolve) => {
          const put = (): void => {
            const key = keys[next++ % KEYS]!;
            storage.store([{ kind: 'record', key, object: objectOf(next) }], () => {
              done++;
              if (performance.now() < end) put();
              else resolve();
            });
          };
          put();
        }),
    ),
  );
  return done / seconds;
}

async function fill(storage: Storage): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < KEYS; i += 256) {
    await new Promise<void>((durable) => {
      storage.store(
        keys.slice(i, i + 256).map((key) => ({ kind: 'record', key, object: objectOf(1) })),
        durable,
      );
    });
  }
  return (KEYS / (performance.now() - began)) * 1000;
}

async function loads(storage: Storage, times: number): Promise<number> {
  const hot = keys.slice(0, 1000);
  for (const key of hot) await storage.load(key);
  const began = performance.now();
  for (let i = 0; i < times; i++) {
    const loaded = storage.load(hot[i % 1000]!);
    if (loaded instanceof Promise) await loaded;
  }
  return (times / (performance.now() - began)) * 1000;
}

/** From the disk, 64 at a time. */
async function coldLoads(storage: Storage): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < KEYS; i += 64) {
    await Promise.all(keys.slice(i, i + 64).map(async (key) => storage.load(key)));
  }
  return (KEYS / (performance.now() - began)) * 1000;
}

async function scans(storage: Storage): Promise<number> {
  const began = performance.now();
  let records = 0;
  for (let slot = 0; slot < storage.counts().keys.length; slot++) {
    const page = await storage.scan({ slot, after: null, until: null, limit: 256, bytesMax: 1e6 });
    records += page.records.length;
  }
  return (records / (performance.now() - began)) * 1000;
}

/** What the disk itself gives: 200 bytes appended and synced, one after the other. */
async function syncs(folder: string, seconds: number): Promise<number> {
  const file = await open(join(folder, 'bare'), 'w');
  const end = performance.now() + seconds * 1000;
  let done = 0;
  for (; performance.now() < end; done++) {
    await file.write(Buffer.alloc(200));
    await file.datasync();
  }
  await file.close();
  return done / seconds;
}

const failed = (error: Error): void => {
  throw error;
};

async function figuresOf(name: string, storage: Storage, seconds: number): Promise<Figure[]> {
  const rates = {
    'keys filled a second, 256 at a time': await fill(storage),
    'puts a second, one at a time': await puts(storage, 1, seconds),
    'puts a second, 64 at a time': await puts(storage, 64, seconds),
    'cached loads a second': await loads(storage, 2_000_000),
    'records scanned a second': await scans(storage),
  };
  await storage.close();
  return Object.entries(rates).map(([what, rate]) => ({
    what: `${name}: ${what}`,
    measured: count(rate),
  }));
}

async function run({ seconds, tell }: Bench): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ringkeeper-bench-'));
  const openOne = (
    name: string,
    durability: 'sync' | 'relaxed',
    cacheBytes?: number,
  ): Promise<Storage> =>
    openLevelStorage({ folder: join(folder, name), durability, failed, cacheBytes });
  try {
    tell('the store alone');
    const figures = [
      ...(await figuresOf('level, sync', await openOne('sync', 'sync'), seconds)),
      ...(await figuresOf('level, relaxed', await openOne('relaxed', 'relaxed'), seconds)),
      ...(await figuresOf('memory', await openMemoryStorage(), seconds)),
    ];
    const cold = await openOne('sync', 'sync', 0);
    const began = performance.now();
    await cold.counted;
    figures.push(
      {
        what: `counting ${count(KEYS)} records after a start`,
        measured: `${count(performance.now() - began)} ms`,
      },
      { what: 'loads from the disk a second', measured: count(await coldLoads(cold)) },
    );
    await cold.close();
    figures.push({
      what: 'bare append and fdatasync a second',
      measured: count(await syncs(folder, seconds)),
    });
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const storage: Section = { name: 'storage', title: 'The store alone', run };
