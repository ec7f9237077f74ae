// Puts a local cluster together: takes its lock, adopts what runs, opens the client address. Nothing
// is started here; that is the planner's to ask for.
import { resolve } from 'node:path';
import type { NodeId } from '../../core/api/ids.ts';
import { LOCAL_HOST } from '../../core/limits.ts';
import { nodeClient } from '../node-client.ts';
import type { Observed } from '../planner/observed.ts';
import type { Plan } from '../planner/plan.ts';
import type { ConsolePlace } from '../console-place.ts';
import { Survey } from '../survey.ts';
import { localConsole } from './console.ts';
import type { LocalConsole } from './console.ts';
import { manifestLines, processLines } from './picture.ts';
import { documentFile } from './document-file.ts';
import { writeWhole } from './durable-file.ts';
import { launchOf, orphanOf } from './launch.ts';
import { checkUnlocked, takeLock } from './lock.ts';
import type { Lock } from './lock.ts';
import { openManifest } from './manifest.ts';
import type { ManifestEvent, ManifestFile } from './manifest.ts';
import { LocalPlatform } from './platform.ts';
import type { LocalParts } from './platform.ts';
import { openPortBook } from './ports.ts';
import type { PortBook } from './ports.ts';
import { openProxy } from './proxy.ts';
import type { Proxy } from './proxy.ts';
import { readPublished } from './published.ts';
import { watchReadiness } from './readiness.ts';
import type { Readiness } from './readiness.ts';
import { makeStateFolder, nodesIn, secretIn } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';
import { ringStatus } from './status.ts';
import type { RingStatus } from './status.ts';
import { Supervisor } from './supervisor.ts';
import type { SupervisorEvent } from './supervisor.ts';
import { wake } from '../wake.ts';
import type { Wake } from '../wake.ts';

export interface LocalOptions {
  /** The DhtCluster's YAML file. */
  readonly manifest: string;
  /** Folder that holds one state folder per cluster. */
  readonly state: string;
  /** Client port of the ring; null: the manifest's. */
  readonly port: number | null;
  /** First port of the nodes; null: the default. */
  readonly portBase: number | null;
  /** Where the ring's client address is; left out: this machine alone reaches it. */
  readonly host?: string;
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
  /** What a console shows of it. */
  readonly place: ConsolePlace;
  /** Tells the CLI where the console is. */
  announceConsole(url: string): Promise<void>;
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
  /** URL of the console; absent: there is none. What opens it to changes is in `console-token`. */
  readonly console?: string;
}

/** Throws STORE_LOCKED where another operator runs it, MANIFEST_INVALID where there is nothing to go by. */
export async function openLocal(options: LocalOptions, told: LocalEvents): Promise<LocalCluster> {
  const bell = wake();
  const { events, show } = besideConsole(told);
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
    const { clientPort } = manifest.current().cluster.spec.local;
    const proxy = await openProxy(options.port ?? clientPort, options.host);
    try {
      await makeStateFolder(base, manifest.folder);
      return await assembleLocked({ options, events, show, manifest, proxy, bell });
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
  /** From now on the console hears of all events. */
  readonly show: (view: LocalConsole) => void;
  readonly manifest: ManifestFile;
  readonly proxy: Proxy;
  readonly bell: Wake;
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

async function assemble(assembly: Assembly, lock: Lock): Promise<LocalCluster> {
  const { options, events, show, manifest, proxy, bell } = assembly;
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
  const view = localConsole({
    manifest,
    ports,
    supervisor,
    token: await secretIn(folder.consoleToken),
    url,
  });
  show(view);
  await supervisor.adopt(await nodesIn(folder));
  const readiness = routeToReady({ supervisor, ports, token, proxy, bell });
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
    published: publisher({ events, manifest, ports, readiness, url, view }),
  });
  await writeOperatorFile(manifest, { url });
  const finish = async (end: Promise<void>): Promise<void> => {
    manifest.close();
    readiness.close();
    // Who comes now is told that nobody serves; who is connected stays with its node until it ends.
    proxy.setBackends([]);
    await end;
    await proxy.close(0);
    await lock.release();
  };
  return {
    platform,
    folder,
    manifest,
    url,
    place: view.place,
    announceConsole: (where) => writeOperatorFile(manifest, { url, console: where }),
    stop: () => finish(supervisor.stopAll()),
    kill: () => finish(supervisor.killAll()),
    leave: () => finish(Promise.resolve(supervisor.abandon())),
  };
}

interface Routing {
  readonly supervisor: Supervisor;
  readonly ports: PortBook;
  readonly token: string;
  readonly proxy: Proxy;
  readonly bell: Wake;
}

/** Nodes that say they are ready get the clients of the ring's one address. */
function routeToReady({ supervisor, ports, token, proxy, bell }: Routing): Readiness {
  return watchReadiness({
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
}

interface Publishing {
  readonly events: LocalEvents;
  readonly manifest: ManifestFile;
  readonly ports: PortBook;
  readonly readiness: Readiness;
  readonly url: string;
  readonly view: LocalConsole;
}

function publisher({
  events,
  manifest,
  ports,
  readiness,
  url,
  view,
}: Publishing): LocalParts['published'] {
  // An operator that was started again goes on where its forerunner stopped counting.
  let before: RingStatus | null = null;
  return async (plan, observed, { cluster }) => {
    const status = ringStatus(plan, observed, {
      cluster: manifest.folder.cluster,
      url,
      spec: cluster.spec,
      portsOf: (id) => ports.of(id as NodeId),
      // A ring that says it is ready is one whose client address answers.
      isReached: (id) => readiness.ready.has(id as NodeId),
      before: before ?? (await readPublished(manifest.folder)),
    });
    before = status;
    await writeWhole(manifest.folder.status, JSON.stringify(status));
    events.status(status, plan, observed);
    view.looked({ desired: manifest.current().desired, observed, plan });
  };
}

/** What happens goes to whoever opened the cluster, and to the console once there is one. */
function besideConsole(told: LocalEvents): {
  events: LocalEvents;
  show: (view: LocalConsole) => void;
} {
  let view: LocalConsole | null = null;
  return {
    show: (made) => {
      view = made;
    },
    events: {
      ...told,
      process: (event, logFile) => {
        told.process(event, logFile);
        view?.told(processLines(event, logFile));
      },
      manifest: (event) => {
        told.manifest(event);
        view?.told(manifestLines(event));
      },
    },
  };
}

async function writeOperatorFile(
  { folder, path }: ManifestFile,
  where: Pick<OperatorFile, 'url' | 'console'>,
): Promise<void> {
  const operator: OperatorFile = {
    pid: process.pid,
    ...where,
    manifest: path,
    startedMs: Date.now(),
  };
  await writeWhole(folder.operator, JSON.stringify(operator));
}
