// One node from settings to ports and back: opens store, loop, transport and servers in that order,
// and closes them in the other.
import { randomBytes, randomInt } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RingDocument } from '../core/api/ring-document.ts';
import { RingError } from '../core/errors.ts';
import {
  DRAIN_MS,
  DRAIN_NOTICE_MS,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_MIN,
  STOP_MS,
} from '../core/limits.ts';
import { seededRng } from '../core/rng.ts';
import type { Endpoint, NodeConfig } from './config.ts';
import { watchDisk } from './disk-watch.ts';
import { Driver } from './driver.ts';
import { httpMeter } from './http-meter.ts';
import { adminApp } from './http/admin.ts';
import { clientApp } from './http/app.ts';
import { listen } from './http/server.ts';
import type { HttpServer } from './http/server.ts';
import { logEvent } from './log.ts';
import type { Logger } from './log.ts';
import { metricsPage } from './metrics-page.ts';
import { tellAnswers, tellQuestions, tellsRequests } from './request-log.ts';
import { scrubForEver } from './scrubbing.ts';
import { openLevelStorage } from './storage/level.ts';
import { openMemoryStorage } from './storage/memory.ts';
import type { Storage } from './storage/storage.ts';
import { openTcpTransport } from './transport/tcp.ts';
import type { Transport } from './transport/transport.ts';

/** Why a node cannot start or go on; each has an exit code (settings.ts). */
export type Failure = 'store' | 'port' | 'halt' | 'bug';

export interface RunningNode {
  /** Where it listens, as ports.json says it. */
  readonly ports: Ports;
  /** Drains, flushes and closes, once; takes DRAIN_MS + STOP_MS at most. */
  stop(): Promise<void>;
}

/** ports.json: written once the node listens, removed when it stops in order. */
export interface Ports {
  readonly pid: number;
  readonly id: string;
  readonly incarnation: string;
  readonly client: Endpoint;
  readonly admin: Endpoint;
  readonly peer: Endpoint;
  /** host:port of the peer port as others see it. */
  readonly advertise: string;
}

/** Thrown where the node cannot start. */
export class StartFailed extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.failure = failure;
  }
}

export interface NodeEvents {
  /** The process must end: nothing of this node can be relied on any more. */
  failed(failure: Failure, error: Error): void;
}

export async function startNode(
  config: NodeConfig,
  log: Logger,
  events: NodeEvents,
): Promise<RunningNode> {
  const storage = await orFail('store', openStorage(config, events));
  const ending = new AbortController();
  let transport: Transport | null = null;
  const driver = new Driver({
    id: config.id,
    storage,
    rng: seededRng(randomInt(2 ** 32)),
    handoffBytesPerSecond: config.handoffBytesPerSecond,
    now: Date.now,
    onEvent: (event) => {
      logEvent(log, event);
    },
    onAdopted: (document) => {
      transport?.setPeers(peersOf(document, driver));
      log.info({ epoch: document.epoch, phase: document.phase }, 'ring document in force');
    },
    onEnd: ({ kind, error }) => {
      events.failed(kind, error);
    },
  });
  const tcp = await orFail(
    'port',
    openTcpTransport({
      hello: () => ({
        incarnation: driver.incarnation,
        clusterId: driver.document?.clusterId ?? null,
        epoch: (driver.document?.epoch ?? 0) as RingDocument['epoch'],
        protocolVersionMin: PROTOCOL_VERSION_MIN,
        protocolVersionMax: PROTOCOL_VERSION,
        namesWanted: tellsRequests(log),
      }),
      listen: config.peer,
      secret: config.clusterSecret,
      events: {
        received: tellQuestions(log, (envelope) => {
          driver.received(envelope);
        }),
        disconnected: (peer) => {
          driver.disconnected(peer);
        },
      },
      log: (event) => {
        log[event.kind === 'refused' ? 'warn' : 'info'](event, `peer ${event.kind}`);
      },
    }),
  );
  transport = tcp;
  driver.start(tellAnswers(log, tcp));
  watchDisk({ storage, driver, log }, ending.signal);
  void scrubForEver({ storage, driver, signal: ending.signal });
  const servers = await orFail(
    'port',
    openServers({ config, log, driver, storage, transport: tcp, ending }),
  );
  const ports = portsOf(config, { driver, servers, peerPort: tcp.port });
  const portsFile = config.dataFolder === '' ? null : join(config.dataFolder, 'ports.json');
  if (portsFile !== null) await writePorts(portsFile, ports);
  log.info({ ...ports, event: 'ready' }, 'listening');
  let stopping: Promise<void> | null = null;
  return {
    ports,
    stop: () =>
      (stopping ??= stopNode({ driver, storage, transport: tcp, servers, ending, portsFile, log })),
  };
}

async function orFail<T>(failure: Failure, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new StartFailed(failure, cause);
  }
}

function openStorage(config: NodeConfig, events: NodeEvents): Promise<Storage> {
  if (config.ephemeral) return openMemoryStorage();
  const { dataFolder, durability, cacheBytes, volumeUid } = config;
  return openLevelStorage({
    folder: dataFolder,
    durability,
    cacheBytes,
    ...(volumeUid === null ? {} : { volumeUid }),
    failed: (error) => {
      events.failed('store', error);
    },
  });
}

function peersOf(
  document: RingDocument,
  { incarnation }: Driver,
): Parameters<Transport['setPeers']>[0] {
  return document.members.filter((member) => !member.lost && member.incarnation !== incarnation);
}

interface Servers {
  readonly client: HttpServer;
  readonly admin: HttpServer;
  /** Serves on for a moment while clients are sent away, then takes nothing new; once. */
  readonly drain: () => Promise<void>;
}

interface Wiring {
  readonly config: NodeConfig;
  readonly log: Logger;
  readonly driver: Driver;
  readonly storage: Storage;
  readonly transport: Transport & { readonly port: number };
  readonly ending: AbortController;
}

async function openServers({
  config,
  log,
  driver,
  storage,
  transport,
  ending,
}: Wiring): Promise<Servers> {
  const http = httpMeter(Date.now);
  const idPrefix = `${driver.incarnation.slice(0, 6)}${randomBytes(3).toString('hex')}`;
  const client = await listen(
    config.client,
    clientApp({
      ring: driver,
      clusterSecret: config.clusterSecret,
      corsOrigins: config.corsOrigins,
      idPrefix,
      now: Date.now,
      peerPort: Number(/\d+$/.exec(config.advertise ?? '')?.[0] ?? transport.port),
      observe: config.metrics ? http.observe : () => undefined,
      log,
    }),
  );
  const page = config.metrics
    ? metricsPage({
        driver,
        storage,
        transport,
        http,
        inFlight: client.inFlight,
        signal: ending.signal,
      })
    : null;
  let leaving: Promise<void> | null = null;
  const drain = (): Promise<void> =>
    (leaving ??= client.sendAway(DRAIN_NOTICE_MS).then(() => driver.drain()));
  const admin = await listen(
    config.admin,
    adminApp({
      driver,
      token: config.adminToken,
      metrics: page === null ? null : (accept) => page.render(accept),
      idPrefix: `${idPrefix}a`,
      log,
      drain,
      isLeaving: () => leaving !== null,
    }),
  );
  return { client, admin, drain };
}

function portsOf(
  config: NodeConfig,
  { driver, servers, peerPort }: { driver: Driver; servers: Servers; peerPort: number },
): Ports {
  const peer = { host: config.peer.host, port: peerPort };
  const host = peer.host.includes(':') ? `[${peer.host}]` : peer.host;
  return {
    pid: process.pid,
    id: config.id,
    incarnation: driver.incarnation,
    client: servers.client.endpoint,
    admin: servers.admin.endpoint,
    peer,
    advertise: config.advertise ?? `${host}:${peerPort}`,
  };
}

/** Whoever watches for the file never reads half of it. */
async function writePorts(path: string, ports: Ports): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(ports, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

interface Stopping {
  readonly driver: Driver;
  readonly storage: Storage;
  readonly transport: Transport;
  readonly servers: Servers;
  readonly ending: AbortController;
  readonly portsFile: string | null;
  readonly log: Logger;
}

async function stopNode({
  driver,
  storage,
  transport,
  servers,
  ending,
  portsFile,
  log,
}: Stopping): Promise<void> {
  const startedMs = performance.now();
  const left = (): number => Math.max(0, DRAIN_MS - (performance.now() - startedMs));
  log.info({ pending: driver.pendingRequests }, 'draining');
  // Peers are served until the last moment: what is in flight here may need them, and they us.
  const isDrained = await withinMs(servers.drain(), left());
  if (!isDrained)
    log.warn(
      { pending: driver.pendingRequests },
      'draining took too long: cutting off what is left',
    );
  await servers.client.close(isDrained ? left() : 0);
  driver.stop();
  ending.abort();
  const isClosed = await withinMs(
    Promise.all([transport.close(), storage.close(), servers.admin.close(0)]),
    STOP_MS,
  );
  if (!isClosed)
    throw new RingError('STORE_FAILED', `the store did not close within ${STOP_MS} ms`);
  if (portsFile !== null) await rm(portsFile, { force: true });
  log.info('stopped');
}

/** True when the work was done in time. */
async function withinMs(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timeout = new AbortController();
  const late = pause(ms, false, { signal: timeout.signal }).catch(() => false);
  const done = await Promise.race([work.then(() => true), late]);
  timeout.abort();
  return done;
}
