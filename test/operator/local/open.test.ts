// What a start that is refused leaves behind: nothing.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LOCAL_HOST } from '../../../core/limits.ts';
import { takeLock } from '../../../operator/local/lock.ts';
import { openLocal } from '../../../operator/local/open.ts';
import { manifestText, SILENT_EVENTS } from './cluster-at-hand.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const portBase = 14_000;

describe('a start that is refused', () => {
  test('because its client port is taken says nothing of a running ring and makes no folder', () =>
    inTemporaryFolder(async (folder) => {
      const holder = createServer().listen(0, LOCAL_HOST);
      await once(holder, 'listening');
      const { port } = holder.address() as AddressInfo;
      const [manifest, state] = [join(folder, 'ring.yaml'), join(folder, 'state')];
      await writeFile(manifest, manifestText({ replicas: 1 }));
      const told: string[] = [];
      const opening = openLocal(
        { manifest, state, port, portBase },
        {
          ...SILENT_EVENTS,
          opened: () => {
            told.push('opened');
          },
        },
      );
      await expect(opening).rejects.toMatchObject({
        code: 'STORE_LOCKED',
        message: `the client address ${LOCAL_HOST}:${port} is held by another process: free it, or take another one with --port`,
      });
      expect([told, existsSync(state)]).toEqual([[], false]);
      holder.close();
      await once(holder, 'close');
    }));

  test('because another operator runs the ring names that one, even where the port is its as well', () =>
    inTemporaryFolder(async (folder) => {
      const holder = createServer().listen(0, LOCAL_HOST);
      await once(holder, 'listening');
      const { port } = holder.address() as AddressInfo;
      const manifest = join(folder, 'ring.yaml');
      await writeFile(manifest, manifestText({ replicas: 1 }));
      await mkdir(join(folder, 'ring'));
      const lock = await takeLock(join(folder, 'ring', 'lock'));
      await expect(
        openLocal({ manifest, state: folder, port, portBase }, SILENT_EVENTS),
      ).rejects.toThrow(`another operator runs this cluster: process ${process.pid}`);
      await lock.release();
      holder.close();
      await once(holder, 'close');
    }));
});
