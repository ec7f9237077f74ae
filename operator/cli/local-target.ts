// Rings of processes on this machine as commands see them: what their operator publishes, and the
// manifest that it watches.
import { dirname, join } from 'node:path';
import type { DhtCluster } from '../../core/api/cluster.ts';
import { RECONCILE_BUSY_MS } from '../../core/limits.ts';
import { readIfThere } from '../local/durable-file.ts';
import { parseManifest, withField } from '../local/manifest-text.ts';
import { observeAside } from '../local/observe-aside.ts';
import type { OperatorFile } from '../local/open.ts';
import { wishOf } from '../local/status.ts';
import type { RingStatus } from '../local/status.ts';
import { PACKAGE_FOLDER } from '../version.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { localLogs } from './local-logs.ts';
import { clientUrl, localRing, localRings, readStatus } from './local-ring.ts';
import type { LocalOptions, LocalRing } from './local-ring.ts';
import { editManifest } from './manifest-edit.ts';
import { ringClient } from './ring-client.ts';
import type { Rings, SpecEdit, Target, TargetStatus } from './target.ts';

export const localPlatform: Rings<LocalOptions> = {
  target: async (options) => targetOf(options, await localRing(options)),
  targets: async (options) => (await localRings(options)).map((ring) => targetOf(options, ring)),
  client: async (options, via) => ringClient(await clientUrl(options, via)),
};

function targetOf(options: LocalOptions, { folder, operator }: LocalRing): Target {
  // Looked up anew each time: an operator comes and goes while somebody waits.
  const ring = (): Promise<LocalRing> => localRing({ ...options, cluster: folder.cluster });
  const text = async (): Promise<string> => {
    const found = await readIfThere(operator.manifest);
    if (found !== null) return found;
    throw new CommandFailed(EXIT.notFound, `the manifest ${operator.manifest} is gone`);
  };
  return {
    name: folder.cluster,
    wish: operator.manifest,
    ...(isExample(operator.manifest) ? { afterChange: EXAMPLE_EDITED } : {}),
    starter: 'npm start',
    pollMs: RECONCILE_BUSY_MS,
    status: async () => {
      const now = await ring();
      const status = await readStatus(now);
      return { ...status, operated: now.isOperated, ...(await judgedBy(status, operator)) };
    },
    wanted: async () => clusterIn(await text()),
    imagined: async (edit) => clusterIn(edited(await text(), edit)),
    change: async (edit) => {
      return await editManifest(await ring(), (old) => edited(old, edit(clusterIn(old).spec)));
    },
    observe: async () => ({ ...(await observeAside(folder)), isEstimate: false }),
    warnings: () => Promise.resolve([]),
    logs: (wish) => localLogs(folder, wish),
  };
}

/** Edited on purpose, since it is what `npm start` runs; but whoever has it from git should know. */
const EXAMPLE_EDITED =
  'that file comes with Ringkeeper, so git shows it as changed; for a manifest of your own, copy it: ' +
  '`npm start -- -f FILE`';

function isExample(manifest: string): boolean {
  return dirname(manifest) === join(PACKAGE_FOLDER, 'examples');
}

/** A manifest that is not valid is none that anybody is judged by, and the operator goes on without it. */
async function judgedBy(
  { wish }: RingStatus,
  { manifest }: OperatorFile,
): Promise<Pick<TargetStatus, 'isCurrent' | 'invalid'>> {
  const read = parseManifest((await readIfThere(manifest)) ?? '');
  return 'cluster' in read
    ? { isCurrent: wishOf(read.cluster.spec) === wish }
    : { isCurrent: false, invalid: read.problems };
}

function edited(text: string, edit: SpecEdit): string {
  if (edit.hibernate !== undefined) {
    throw new CommandFailed(
      EXIT.refused,
      'a ring on this machine does not hibernate: `npx dht stop` stops all its members and keeps ' +
        'their data, `npm start` goes on with it',
    );
  }
  return Object.entries(edit).reduce((so, [field, value]) => withField(so, [field], value), text);
}

function clusterIn(text: string): DhtCluster {
  const read = parseManifest(text);
  if ('cluster' in read) return read.cluster;
  throw new CommandFailed(EXIT.refused, read.problems.join('\n'));
}
