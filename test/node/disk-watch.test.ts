import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { diskLook } from '../../node/disk-watch.ts';
import { openMemoryStorage } from '../../node/storage/memory.ts';

test('a disk that fills up is told to the replica at each look, and to the log once', async () => {
  const rooms = [900, 90, 80, 800, 70];
  const told: string[] = [];
  const lines: unknown[] = [];
  const log = pino(
    { base: null, timestamp: false },
    { write: (line) => lines.push(JSON.parse(line)) },
  );
  const stats = (await openMemoryStorage()).stats();
  const look = diskLook({
    storage: {
      stats: () => {
        const diskFreeBytes = rooms.shift()!;
        return { ...stats, diskFreeBytes, diskFull: diskFreeBytes < 100 };
      },
    },
    driver: { disk: (full, free) => void told.push(`${String(full)} ${String(free)}`) },
    log,
  });
  while (rooms.length > 0) look();
  expect(told).toEqual(['false 900', 'true 90', 'true 80', 'false 800', 'true 70']);
  expect(lines).toEqual([
    { level: 40, freeBytes: 90, msg: expect.stringMatching(/^disk full/) },
    { level: 30, freeBytes: 800, msg: expect.stringMatching(/^disk has room again/) },
    { level: 40, freeBytes: 70, msg: expect.stringMatching(/^disk full/) },
  ]);
});
