// `node test/bench/storage.ts [seconds]`: what the store does in a second, one figure at a time.
// Run it beside nothing else; the first column of figures depends on the disk's sync.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyOf } from '../../core/ring/hash.ts';
import type { VersionedObject } from '../../core/api/object.ts';
import { openLevelStorage } from '../../node/storage/level.ts';
import { openMemoryStorage } from '../../node/storage/memory.ts';
import type { Storage } from '../../node/storage/storage.ts';

const SECONDS = Number(process.argv[2] ?? 2);
const KEYS = 50_000;
const keys = Array.from({ length: KEYS }, (_, i) => keyOf(`bench-${i}`));

function objectOf(counter: number): VersionedObject {
  const dot = { actor: '00000000000000aa.1', counter };
  return { context: { actors: [dot.actor], counters: [counter] }, siblings: [
    { dot, value: new Uint8Array(100), contentType: 'text/plain', time: counter, expiresAtMs: 0 }] };
}

/** Acknowledged effects of one record each, so many on their way at a time. */
async function puts(storage: Storage, outstanding: number): Promise<number> {
  const end = performance.now() + SECONDS * 1000;
  let next = 0, done = 0;
  await Promise.all(Array.from({ length: outstanding }, () => new Promise<void>((resolve) => {
    const put = (): void => {
      const key = keys[next++ % KEYS]!;
      storage.store([{ kind: 'record', key, object: objectOf(next) }], () => {
        done++;
        if (performance.now() < end) put();
        else resolve();
      });
    };
    put();
  })));
  return done / SECONDS;
}

async function fill(storage: Storage): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < KEYS; i += 256) {
    await new Promise<void>((durable) => {
      storage.store(keys.slice(i, i + 256).map((key) => ({ kind: 'record', key, object: objectOf(1) })),
        durable);
    });
  }
  return KEYS / (performance.now() - began) * 1000;
}

async function loads(storage: Storage, count: number): Promise<number> {
  const hot = keys.slice(0, 1000);
  for (const key of hot) await storage.load(key);
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const loaded = storage.load(hot[i % 1000]!);
    if (loaded instanceof Promise) await loaded;
  }
  return count / (performance.now() - began) * 1000;
}

/** From the disk, 64 at a time. */
async function coldLoads(storage: Storage): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < KEYS; i += 64) {
    await Promise.all(keys.slice(i, i + 64).map(async (key) => storage.load(key)));
  }
  return KEYS / (performance.now() - began) * 1000;
}

async function scans(storage: Storage): Promise<number> {
  const began = performance.now();
  let records = 0;
  for (let slot = 0; slot < storage.counts().keys.length; slot++) {
    const page = await storage.scan({ slot, after: null, until: null, limit: 256, bytesMax: 1e6 });
    records += page.records.length;
  }
  return records / (performance.now() - began) * 1000;
}

/** What the disk itself gives: 200 bytes appended and synced, one after the other. */
async function syncs(folder: string): Promise<number> {
  const file = await open(join(folder, 'bare'), 'w');
  const end = performance.now() + SECONDS * 1000;
  let done = 0;
  for (; performance.now() < end; done++) {
    await file.write(Buffer.alloc(200));
    await file.datasync();
  }
  await file.close();
  return done / SECONDS;
}

const folder = await mkdtemp(join(tmpdir(), 'ringkeeper-bench-'));
const failed = (error: Error): void => { throw error; };
const openOne = (name: string, durability: 'sync' | 'relaxed', cacheBytes?: number): Promise<Storage> =>
  openLevelStorage({ folder: join(folder, name), durability, failed, cacheBytes });

async function rows(storage: Storage): Promise<string[]> {
  const figures = [await fill(storage), await puts(storage, 1), await puts(storage, 64),
    await loads(storage, 2_000_000), await scans(storage)];
  await storage.close();
  return figures.map((figure) => Math.round(figure).toLocaleString('en'));
}

const head = ['', 'fill by 256/s', 'puts/s at 1', 'puts/s at 64', 'cached loads/s', 'scanned records/s'];
const table = [head, ['level, sync', ...await rows(await openOne('sync', 'sync'))],
  ['level, relaxed', ...await rows(await openOne('relaxed', 'relaxed'))],
  ['memory', ...await rows(await openMemoryStorage())]];
for (const row of table) console.log(row.map((cell, i) => i === 0 ? cell.padEnd(15) : cell.padStart(18)).join(''));

const cold = await openOne('sync', 'sync', 0);
const began = performance.now();
await cold.counted;
console.log(`counting ${KEYS} records after a start: ${Math.round(performance.now() - began)} ms`);
console.log(`loads from the disk: ${Math.round(await coldLoads(cold)).toLocaleString('en')}/s`);
await cold.close();
console.log(`bare append and fdatasync: ${Math.round(await syncs(folder)).toLocaleString('en')}/s`);
await rm(folder, { recursive: true });
