// What an operator of this machine publishes, and what a start that is refused leaves behind: nothing.
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
import { readPublished } from '../../../operator/local/published.ts';
import { wishOf } from '../../../operator/local/status.ts';
import { plan } from '../../../operator/planner/plan.ts';
import { manifestText, SILENT_EVENTS } from './cluster-at-hand.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const portBase = 14_000;

describe('the published status', () => {
  test('names the manifest that its plan was made for, though another one is in force by then', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'ring.yaml');
      await writeFile(path, manifestText({ replicas: 1 }));
      const cluster = await openLocal(
        { manifest: path, state: folder, port: 0, portBase },
        SILENT_EVENTS,
      );
      const { platform, manifest } = cluster;
      const desired = (await platform.desired())!;
      const old = manifest.current().cluster.spec;
      const observed = await platform.observe();
      await writeFile(path, manifestText({ replicas: 2 }));
      await manifest.read();
      await platform.report(plan(desired, observed), observed);
      expect(await readPublished(cluster.folder)).toMatchObject({
        wish: wishOf(old),
        desiredReplicas: 1,
      });
      await cluster.kill();
    }));
});

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
