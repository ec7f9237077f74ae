// The files of a ring of three that nobody runs: written by the operator's own code, under a lock that
// this process holds.
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeId } from '../../../core/api/ids.ts';
import { documentFile } from '../../../operator/local/document-file.ts';
import { takeLock } from '../../../operator/local/lock.ts';
import { parseManifest } from '../../../operator/local/manifest-text.ts';
import { readPublished } from '../../../operator/local/published.ts';
import { makeStateFolder, stateFolder } from '../../../operator/local/state-folder.ts';
import { ringStatus } from '../../../operator/local/status.ts';
import { REST, RING, seenAt } from '../../contracts/published.ts';

const manifestOf = (name: string): string => `# of ${name}
apiVersion: dht.ringkeeper.dev/v1alpha1
kind: DhtCluster
metadata:
  name: ${name}
spec:
  replicas: 3 # members
`;

export interface RingFiles {
  readonly manifest: string;
  /** The file that names it. */
  readonly operator: string;
  readonly publish: (plan?: typeof REST, observed?: ReturnType<typeof seenAt>) => Promise<void>;
  readonly say: (member: string, text: string) => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function makeRingFiles(base: string, name: string): Promise<RingFiles> {
  const folder = stateFolder(join(base, name), name);
  await makeStateFolder(base, folder);
  const lock = await takeLock(folder.lock);
  const manifest = join(base, `${name}.yaml`);
  await writeFile(manifest, manifestOf(name));
  const url = 'http://localhost:1';
  const operator = { pid: process.pid, url, manifest, startedMs: 0 };
  await writeFile(folder.operator, JSON.stringify(operator));
  await documentFile(folder.document, lock).store(RING, null);
  return {
    manifest,
    operator: folder.operator,
    publish: async (plan = REST, observed = seenAt(Date.now())) => {
      const read = parseManifest(await readFile(manifest, 'utf8'));
      if ('problems' in read) throw new Error(read.problems.join());
      const status = ringStatus(plan, observed, {
        cluster: name,
        url,
        spec: read.cluster.spec,
        portsOf: () => null,
        isReached: () => true,
        before: await readPublished(folder),
      });
      await writeFile(folder.status, JSON.stringify(status));
    },
    say: async (member, text) => {
      const path = folder.logFile(nodeId(member));
      await mkdir(dirname(path), { recursive: true });
      await appendFile(path, `${text}\n`);
    },
    end: () => lock.release(),
  };
}
