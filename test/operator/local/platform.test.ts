// The local platform keeps the contract of all platforms, with real child processes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '../../../operator/local/durable-file.ts';
import { openLocal } from '../../../operator/local/open.ts';
import { platformContract } from '../../contracts/platform.ts';
import { manifestText, SILENT_EVENTS } from './cluster-at-hand.ts';

platformContract('the local platform', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringkeeper-platform-'));
  const manifest = join(folder, 'ring.yaml');
  await writeFile(manifest, manifestText({ replicas: 3 }));
  const cluster = await openLocal(
    { manifest, state: folder, port: 0, portBase: 14_000 + (process.pid % 90) * 10 },
    SILENT_EVENTS,
  );
  return {
    platform: cluster.platform,
    wish: (replicas) => writeWhole(manifest, manifestText({ replicas })),
    dispose: async () => {
      await cluster.kill();
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
});
