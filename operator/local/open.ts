// Puts a local cluster together: takes its lock, adopts what runs, opens the client address. Nothing
// is started here; that is the planner's to ask for.
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeId } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import { DRAIN_MS, LOCAL_HOST } from '../../core/limits.ts';
import { nodeClient } from '../node-client.ts';
import type { Observed } from '../planner/observed.ts';
import type { Plan } from '../planner/plan.ts';
import { documentFile } from './document-file.ts';
import type { DocumentFile } from './document-file.ts';
import { readIfThere, writeWhole } from './durable-file.ts';
import { checkUnlocked, takeLock } from './lock.ts';
import type { Lock } from './lock.ts';
import { openManifest } from './manifest.ts';
import type { ManifestEvent, ManifestFile } from './manifest.ts';
import { LocalPlatform } from './platform.ts';
import { openPortBook, takenPorts } from './ports.ts';
import type { PortBook } from './ports.ts';
import type { Launch } from './process.ts';
import { openProxy } from './proxy.ts';
import type { Proxy } from './proxy.ts';
import { watchReadiness } from './readiness.ts';
import { makeStateFolder, nodesIn, secretIn } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';
import { ringStatus } from './status.ts';
import type { RingStatus } from './status.ts';
import { Supervisor } from './supervisor.ts';
import type { SupervisorEvent } from './supervisor.ts';
import { Survey } from './survey.ts';
import { wake } from './wake.ts';

export interface LocalOptions {
  /** The DhtCluster's YAML file. */
  readonly manifest: string;
  /** Folder that holds one state folder per cluster. */
  readonly state: string;
  /** Client port of the ring; null: the manifest's. */
  readonly port: number | null;
  /** First port of the nodes; null: the default. */
  readonly portBase: number | null;
}

export interface LocalEvents {
  /** The cluster is ours; nothing was adopted or started yet. */
  opened(manifest: ManifestFile): void;
  process(event: SupervisorEvent, logFile: string): void;
  manifest(event: ManifestEvent): void;
  status(status: RingStatus, plan: Plan, observed: Observed): void;
}

/** A cluster that this process operates. */
export interface LocalCluster {
  readonly platform: LocalPlatform;
  readonly folder: StateFolder;
  readonly manifest: ManifestFile;
  /** Client address of the whole ring. */
  readonly url: string;
  /** Stops all nodes in order and gives the cluster free. */
  stop(): Promise<void>;
  /** Ends all nodes at once and gives the cluster free. */
  kill(): Promise<void>;
  /** Lets the nodes go on without an operator. */
  leave(): Promise<void>;
}

/** What the CLI reads of an operator. */
export interface OperatorFile {
  readonly pid: number;
  readonly url: string;
  readonly manifest: string;
  readonly startedMs: number;
}

/** Throws STORE_LOCKED where another operator runs it, MANIFEST_INVALID where there is nothing to go by. */
export async function openLocal(options: LocalOptions, events: LocalEvents): Promise<LocalCluster> {
  const bell = wake();
  const base = resolve(options.state);
  const manifest = await openManifest(resolve(options.manifest), base, {
    told: (event) => {
      events.manifest(event);
    },
    changed: () => {
      bell.ring();
    },
  });
  try {
    // Refused before anything is made: a start that cannot be leaves no trace.
    await checkUnlocked(manifest.folder.lock);
    const proxy = await openProxy(options.port ?? manifest.current().cluster.spec.local.clientPort);
    try {
      await makeStateFolder(base, manifest.folder);
      return await assembleLocked({ options, events, manifest, proxy, bell });
    } catch (error) {
      await proxy.close(0);
      throw error;
    }
  } catch (error) {
    manifest.close();
    throw error;
  }
}

interface Assembly {
  readonly options: LocalOptions;
  readonly events: LocalEvents;
  readonly manifest: ManifestFile;
  readonly proxy: Proxy;
  readonly bell: ReturnType<typeof wake>;
}

async function assembleLocked(assembly: Assembly): Promise<LocalCluster> {
  const lock = await takeLock(assembly.manifest.folder.lock);
  try {
    return await assemble(assembly, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function assemble(
  { options, events, manifest, proxy, bell }: Assembly,
  lock: Lock,
): Promise<LocalCluster> {
  const { folder } = manifest;
  await manifest.keep();
  events.opened(manifest);
  const token = await secretIn(folder.token);
  await secretIn(folder.secret);
  const ports = await openPortBook(folder.ports, options.portBase ?? undefined);
  const documents = documentFile(folder.document, lock);
  const url = `http://localhost:${proxy.port}`;
  const supervisor: Supervisor = new Supervisor({
    launch: (id) => launchOf(id, { folder, manifest, ports, documents }),
    orphan: (id) => orphanOf(id, { folder, ports, token }),
    recordFile: (id) => folder.processFile(id),
    dataFolder: (id) => folder.dataFolder(id),
    happened: (event) => {
      events.process(event, folder.logFile(event.id));
      bell.ring();
    },
  });
  await supervisor.adopt(await nodesIn(folder));
  const readiness = watchReadiness({
    nodes: () => supervisor.running(),
    isReady: async (id) => {
      const known = ports.of(id);
      return (
        known !== null &&
        (await nodeClient({ origin: `http://${LOCAL_HOST}:${known.admin}`, token }).isReady())
      );
    },
    changed: (ready) => {
      proxy.setBackends([...ready].map((id) => ({ id, port: ports.of(id)?.client ?? 0 })));
      bell.ring();
    },
  });
  const platform = new LocalPlatform({
    folder,
    manifest,
    documents,
    ports,
    supervisor,
    readiness,
    token,
    wake: bell,
    survey: new Survey(folder.cluster),
    published: async (plan, observed) => {
      const status = ringStatus(plan, observed, {
        cluster: folder.cluster,
        url,
        desiredReplicas: manifest.current().desired.replicas,
        portsOf: (id) => ports.of(id as NodeId),
      });
      await writeWhole(folder.status, JSON.stringify(status));
      events.status(status, plan, observed);
    },
  });
  const operator: OperatorFile = {
    pid: process.pid,
    url,
    manifest: manifest.path,
    startedMs: Date.now(),
  };
  await writeWhole(folder.operator, JSON.stringify(operator));
  const finish = async (end: Promise<void>, proxyMs: number): Promise<void> => {
    manifest.close();
    readiness.close();
    await Promise.all([end, proxy.close(proxyMs)]);
    await lock.release();
  };
  return {
    platform,
    folder,
    manifest,
    url,
    stop: () => finish(supervisor.stopAll(), DRAIN_MS),
    kill: () => finish(supervisor.killAll(), 0),
    leave: () => finish(Promise.resolve(supervisor.abandon()), 0),
  };
}

/**
 * A node that runs although no record of it was kept: the operator died between starting it and
 * writing that down. The node's own ports.json names its process, and its answer proves it.
 */
async function orphanOf(
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

interface Launching {
  readonly folder: StateFolder;
  readonly manifest: ManifestFile;
  readonly ports: PortBook;
  readonly documents: DocumentFile;
}

async function launchOf(
  id: NodeId,
  { folder, manifest, ports, documents }: Launching,
): Promise<Launch> {
  const { cluster, desired } = manifest.current();
  const at = await freePorts(id, ports, documents);
  const { storage, http, handoff } = cluster.spec;
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
  });
  return {
    // A small young generation keeps an idle node below 100 MB; V8 takes this at its start only.
    program: (volume) => [
      process.execPath,
      '--max-semi-space-size=4',
      nodeProgram(),
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
