// How a node is started on this machine: its flags, its ports, and the node that is found running
// although nobody wrote down that it was started.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeId } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import { LOCAL_HOST } from '../../core/limits.ts';
import { nodeClient } from '../node-client.ts';
import { compileAhead } from './compiled.ts';
import type { DocumentFile } from './document-file.ts';
import { readIfThere } from './durable-file.ts';
import type { ManifestFile } from './manifest.ts';
import { takenPorts } from './ports.ts';
import type { PortBook } from './ports.ts';
import type { Launch } from './process.ts';
import type { StateFolder } from './state-folder.ts';

/**
 * A node that runs although no record of it was kept: the operator died between starting it and
 * writing that down. The node's own ports.json names its process, and its answer proves it.
 */
export async function orphanOf(
  id: NodeId,
  { folder, ports, token }: { folder: StateFolder; ports: PortBook; token: string },
): Promise<number | null> {
  const known = ports.of(id);
  const text = await readIfThere(join(folder.dataFolder(id), 'ports.json'));
  if (known === null || text === null) return null;
  const { pid, incarnation } = JSON.parse(text) as { pid: number; incarnation: string };
  const client = nodeClient({ origin: `http://${LOCAL_HOST}:${known.admin}`, token });
  const report = await client.report().catch(() => null);
  return report?.id === id && report.incarnation === incarnation ? pid : null;
}

export interface Launching {
  readonly folder: StateFolder;
  readonly manifest: ManifestFile;
  readonly ports: PortBook;
  readonly documents: DocumentFile;
}

/** The node's command line under the manifest in force, on ports that are free. */
export async function launchOf(
  id: NodeId,
  { folder, manifest, ports, documents }: Launching,
): Promise<Launch> {
  const { cluster, desired } = manifest.current();
  const at = await freePorts(id, ports, documents);
  const { storage, http, handoff, logLevel } = cluster.spec;
  const flags = (volume: string): Readonly<Record<string, string>> => ({
    id: id,
    data: folder.dataFolder(id),
    'cluster-secret-file': folder.secret,
    'admin-token-file': folder.token,
    client: `${LOCAL_HOST}:${at.client}`,
    admin: `${LOCAL_HOST}:${at.admin}`,
    peer: `${LOCAL_HOST}:${at.peer}`,
    ephemeral: String(storage.ephemeral),
    durability: storage.durability,
    'cache-bytes': String(storage.cacheBytes),
    'handoff-bytes-per-second': String(handoff.maxBytesPerSecond),
    'cors-origins': http.corsOrigins.join(','),
    'volume-uid': volume,
    'log-format': 'json',
    ...(logLevel === undefined ? {} : { 'log-level': logLevel }),
  });
  // The young generation bounds what a busy node holds beside its data; V8 takes this at its start only.
  const program = [process.execPath, '--max-semi-space-size=8', nodeProgram()];
  await compileAhead([...program, '--help']);
  return {
    program: (volume) => [
      ...program,
      ...Object.entries(flags(volume)).flatMap(([flag, value]) => [`--${flag}`, value]),
    ],
    dataFolder: folder.dataFolder(id),
    logFile: folder.logFile(id),
    recordFile: folder.processFile(id),
    revision: desired.revision,
    nowMs: Date.now(),
  };
}

/** The node's ports, all free. A member keeps its own; one that no document names may get others. */
async function freePorts(
  id: NodeId,
  ports: PortBook,
  documents: DocumentFile,
): ReturnType<PortBook['assign']> {
  const known = await ports.assign(id);
  const taken = await takenPorts(known);
  if (taken.length === 0) return known;
  const document = await documents.read();
  if (document === null || !document.members.some((member) => member.id === id))
    return await ports.reassign(id);
  throw new RingError(
    'INTERNAL',
    `port ${taken.join(', ')} of ${id} is held by another process, and the ` +
      `other members know ${id} by its ports: free it (lsof -i :${taken[0] ?? 0})`,
  );
}

/** The node's entry beside this file's tree, as source or as built. */
function nodeProgram(): string {
  const here = fileURLToPath(import.meta.url);
  return join(here, '..', '..', '..', 'node', here.endsWith('.ts') ? 'main.ts' : 'main.js');
}
