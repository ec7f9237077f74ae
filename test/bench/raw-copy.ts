// The least that a handoff could cost: the same bytes through one socket into a file, synced once.
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { median } from './load.ts';

const CHUNK = Buffer.alloc(64 * 1024, 'x');
const ROUNDS = 3;

/** ms, the median of some rounds. */
export async function rawCopyMs(bytes: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ringkeeper-copy-'));
  try {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      times.push(await copyOnce(join(folder, `copy-${round}`), bytes));
    return median(times);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyOnce(path: string, bytes: number): Promise<number> {
  const began = performance.now();
  await new Promise<void>((resolve, reject) => {
    const server = createServer((socket) => {
      server.close();
      pipeline(socket, createWriteStream(path))
        .then(() => syncFile(path))
        .then(resolve, reject);
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      pipeline(Readable.from(chunksOf(bytes)), connect(port, '127.0.0.1')).catch(reject);
    });
  });
  return performance.now() - began;
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync();
  await file.close();
}

function* chunksOf(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= CHUNK.length)
    yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}
