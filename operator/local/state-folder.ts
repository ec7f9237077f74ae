// Where a local cluster keeps what it knows: one folder per cluster, `.ringkeeper/<cluster>`.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DhtCluster } from '../../core/api/cluster.ts';
import type { NodeId } from '../../core/api/ids.ts';
import { isMissing, readIfThere, writeDurably } from './durable-file.ts';

/** Paths of one cluster's state. */
export interface StateFolder {
  readonly cluster: string;
  readonly root: string;
  /** Who may act here (see lock.ts). */
  readonly lock: string;
  /** Where the running operator is, for the CLI. */
  readonly operator: string;
  /** What the operator last reported. */
  readonly status: string;
  /** The stored ring document. */
  readonly document: string;
  readonly ports: string;
  /** Opens the nodes' admin ports; readable by the owner alone. */
  readonly token: string;
  /** Opens the console to changes; readable by the owner alone. */
  readonly consoleToken: string;
  /** Shared by the nodes of this ring; readable by the owner alone. */
  readonly secret: string;
  /** Copy of the last manifest that was valid. */
  readonly manifest: string;
  readonly nodes: string;
  readonly processes: string;
  nodeFolder(id: NodeId): string;
  /** The node's volume. */
  dataFolder(id: NodeId): string;
  logFile(id: NodeId): string;
  processFile(id: NodeId): string;
}

export const STATE_FOLDER = '.ringkeeper';

export function stateFolder(root: string, cluster: string): StateFolder {
  const nodes = join(root, 'nodes');
  const processes = join(root, 'processes');
  return {
    cluster,
    root,
    nodes,
    processes,
    lock: join(root, 'lock'),
    operator: join(root, 'operator.json'),
    status: join(root, 'status.json'),
    document: join(root, 'ring.json'),
    ports: join(root, 'ports.json'),
    token: join(root, 'token'),
    consoleToken: join(root, 'console-token'),
    secret: join(root, 'secret'),
    manifest: join(root, 'manifest.yaml'),
    nodeFolder: (id) => join(nodes, id),
    dataFolder: (id) => join(nodes, id, 'data'),
    logFile: (id) => join(nodes, id, 'log'),
    processFile: (id) => join(processes, `${id}.json`),
  };
}

/**
 * The folder of this cluster: where its manifest says, or `<base>/<name>`. A folder elsewhere is
 * pointed to from there, so that a name is enough to find it. null: neither name nor folder is known.
 */
export async function stateFolderOf(
  base: string,
  cluster: DhtCluster | string | null,
): Promise<StateFolder | null> {
  if (cluster === null) return null;
  if (typeof cluster === 'string') {
    const pointer = await readIfThere(join(base, `${cluster}${POINTER}`));
    return stateFolder(pointer?.trim() ?? join(base, cluster), cluster);
  }
  const { name } = cluster.metadata;
  const { directory } = cluster.spec.local;
  return stateFolder(directory === undefined ? join(base, name) : resolve(directory), name);
}

const POINTER = '.at';

export async function makeStateFolder(base: string, folder: StateFolder): Promise<void> {
  await mkdir(folder.nodes, { recursive: true });
  await mkdir(folder.processes, { recursive: true });
  if (folder.root === join(base, folder.cluster)) return;
  await mkdir(base, { recursive: true });
  await writeDurably(join(base, `${folder.cluster}${POINTER}`), folder.root);
}

/** The word kept in the file, made on first use. */
export async function secretIn(path: string): Promise<string> {
  const known = (await readIfThere(path))?.trim();
  if (known !== undefined && known !== '') return known;
  const made = randomBytes(32).toString('base64url');
  await writeDurably(path, `${made}\n`, 0o600);
  return made;
}

/** Clusters that have state under this base folder. */
export async function clustersIn(base: string): Promise<readonly string[]> {
  const names = (await entries(base)).flatMap(({ name, folder }) =>
    folder ? [name] : name.endsWith(POINTER) ? [name.slice(0, -POINTER.length)] : [],
  );
  return [...new Set(names)].sort();
}

/** Nodes of which a trace exists: a folder, or a record of a process. */
export async function nodesIn(folder: StateFolder): Promise<readonly NodeId[]> {
  const folders = (await entries(folder.nodes))
    .filter((entry) => entry.folder)
    .map((entry) => entry.name);
  const records = (await entries(folder.processes))
    .filter((entry) => entry.name.endsWith('.json'))
    .map((entry) => entry.name.slice(0, -'.json'.length));
  return [...new Set([...folders, ...records])].sort(byOrdinal) as NodeId[];
}

/** The number at the end of a node's name; -1 where there is none. */
export function ordinalOf(id: string): number {
  const match = /-(\d+)$/.exec(id);
  return match === null ? -1 : Number(match[1]);
}

function byOrdinal(a: string, b: string): number {
  return ordinalOf(a) - ordinalOf(b) || (a < b ? -1 : 1);
}

async function entries(path: string): Promise<readonly { name: string; folder: boolean }[]> {
  try {
    const found = await readdir(path, { withFileTypes: true });
    return found.map((entry) => ({ name: entry.name, folder: entry.isDirectory() }));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
