import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation, nodeId, zone } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { encodeDocument } from '../../../core/membership/document.ts';
import { claim } from '../../../core/ring/claim.ts';
import { documentFile } from '../../../operator/local/document-file.ts';
import { LockLost, takeLock } from '../../../operator/local/lock.ts';
import { inTemporaryFolder } from './temporary-folder.ts';
import { atRest } from '../../core/membership/at-rest.ts';

const MEMBER = {
  id: nodeId('ring-0'),
  incarnation: incarnation('a'.repeat(16)),
  address: '127.0.0.1:8102',
  zone: zone('local'),
  state: 'serving',
  lost: false,
} as const;
const FIRST = atRest({
  slotBits: 3,
  members: [MEMBER],
  current: claim({
    from: null,
    seats: [MEMBER],
    slotBits: 3,
    replicationFactor: 1,
    readQuorum: 1,
    writeQuorum: 1,
  }),
  progress: { sinceMs: 1, fullBarrier: epoch(0) },
});
const SECOND: RingDocument = { ...FIRST, epoch: epoch(2) };

const withFile = (
  work: (path: string, folder: string, file: ReturnType<typeof documentFile>) => Promise<void>,
) =>
  inTemporaryFolder(async (folder) => {
    const lock = await takeLock(join(folder, 'lock'));
    const path = join(folder, 'ring.json');
    await work(path, folder, documentFile(path, lock));
    await lock.release();
  });

const textOf = (document: RingDocument | null): string | null =>
  document === null ? null : encodeDocument(document);

describe('R1, I2: the stored ring document', () => {
  test('is there as it was stored, and leaves no other file', () =>
    withFile(async (_path, folder, file) => {
      expect(await file.read()).toBeNull();
      await file.store(FIRST, null);
      expect(textOf(await file.read())).toBe(encodeDocument(FIRST));
      expect((await readdir(folder)).sort()).toEqual(['lock', 'ring.json']);
    }));

  test.each([
    ['nothing, where one is stored', FIRST, SECOND, null],
    ['one, where nothing is stored', null, SECOND, FIRST],
    ['an older one than the stored', SECOND, { ...FIRST, epoch: epoch(3) }, FIRST],
    [
      'the same epoch with other members',
      { ...FIRST, members: [{ ...MEMBER, address: 'x:1' }] },
      SECOND,
      FIRST,
    ],
    ['itself, by one of a lower epoch', SECOND, FIRST, SECOND],
  ] as const)('is not replaced by one planned on %s', (_what, stored, next, replaces) =>
    withFile(async (path, _folder, file) => {
      if (stored !== null) await writeFile(path, encodeDocument(stored));
      await expect(file.store(next, replaces)).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(textOf(await file.read())).toBe(textOf(stored));
    }),
  );

  test('takes new progress under the same epoch', () =>
    withFile(async (_path, _folder, file) => {
      await file.store(FIRST, null);
      const further = { ...FIRST, progress: { sinceMs: 1, fullBarrier: epoch(1) } };
      await file.store(further, FIRST);
      expect((await file.read())?.progress.fullBarrier).toBe(1);
    }));

  test('is not touched by an operator that lost its lock', () =>
    withFile(async (_path, folder, file) => {
      await file.store(FIRST, null);
      await writeFile(join(folder, 'lock'), '{"pid":1}');
      await expect(file.store(SECOND, FIRST)).rejects.toBeInstanceOf(LockLost);
      expect((await file.read())?.epoch).toBe(1);
    }));

  test('a damaged file is an error, never "no ring"', () =>
    withFile(async (path, _folder, file) => {
      await writeFile(path, encodeDocument(FIRST).slice(0, 40));
      await expect(file.read()).rejects.toMatchObject({ code: 'BAD_REQUEST' });
      await expect(file.store(FIRST, null)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    }));
});
