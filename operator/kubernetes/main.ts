// The operator on Kubernetes as a process: flags, watches, election, the controller while it leads, and
// an orderly end on the first signal.
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { RingError } from '../../core/errors.ts';
import { KUBE_END_MS, LEASE_CALL_MS } from '../../core/limits.ts';
import { OperatorMetrics } from '../loop-metrics.ts';
import { VERSION } from '../version.ts';
import { openHealth } from '../health.ts';
import { reasonOf } from '../words.ts';
import type { Access } from './access.ts';
import { accessOf } from './open-access.ts';
import type { ConsoleOpener, OpenConsole } from '../console-place.ts';
import { kubernetesPlace } from './console.ts';
import { Controller } from './controller.ts';
import type { ControllerEvents } from './controller.ts';
import { EventRecorder } from './events.ts';
import { readFlags } from './flags.ts';
import type { KubernetesFlags } from './flags.ts';
import { kubeApi } from './kube-api.ts';
import { kubeWatcher } from './kube-watcher.ts';
import { runElected } from './lease.ts';
import { LATEST_TEMPLATE } from './manifests/pod-template.ts';
import { accessOfUsers } from './user-access.ts';
import { Wakes, partsOf } from './wakes.ts';
import { Watched } from './watched.ts';

/** Exit codes: 0 stopped in order, 1 failed, 2 usage. */
export async function runOnKubernetes(
  args: readonly string[],
  openConsole: ConsoleOpener,
): Promise<number> {
  const flags = readFlags(args, process.env);
  const log = pino(
    {
      level: flags.logLevel,
      base: { operator: flags.identity },
      formatters: { level: (label: string) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ dest: 1, sync: true }),
  );
  const ending = endOnSignal(log);
  try {
    await operate({ flags, log, openConsole }, ending);
    log.info('stopped');
    return 0;
  } catch (error) {
    log.fatal({ err: error }, `ended: ${reasonOf(error)}`);
    return 1;
  }
}

/** The first signal asks for the end; after KUBE_END_MS, or a second one, there is no more waiting. */
function endOnSignal(log: Logger): AbortSignal {
  const ending = new AbortController();
  const heard = (signal: NodeJS.Signals): void => {
    if (ending.signal.aborted) process.exit(130);
    log.info({ signal }, 'stopping');
    ending.abort();
    setTimeout(() => {
      log.warn('stopping took too long');
      process.exit(1);
    }, KUBE_END_MS).unref();
  };
  process.on('SIGTERM', heard);
  process.on('SIGINT', heard);
  return ending.signal;
}

/** What comes and goes while the process runs. */
interface Present {
  controller: Controller | null;
  leads: boolean;
}

interface Start {
  readonly flags: KubernetesFlags;
  readonly log: Logger;
  readonly openConsole: ConsoleOpener;
}

async function operate({ flags, log, openConsole }: Start, ending: AbortSignal): Promise<void> {
  const config = await accessOf(flags.kubeconfig, process.env);
  const present: Present = { controller: null, leads: false };
  const metrics: OperatorMetrics = new OperatorMetrics({
    nowMs: Date.now,
    version: VERSION,
    workers: flags.workers,
    depth: () => present.controller?.depth ?? 0,
    staleMs: () => watched.staleMs(),
    isLeader: () => present.leads,
  });
  const watched: Watched = watchedOf({ flags, log, metrics, config }, present, ending);
  const health = await openHealth({
    port: flags.healthPort,
    whyDead: () => (watched.isAlive() ? null : 'the API server has been silent for too long'),
    whyNotReady: () => (watched.isSynced() ? null : 'what there is has not been read yet'),
    metrics: () => metrics.page(),
  });
  log.info({ port: health.port, image: flags.image, namespaces: flags.namespaces }, 'started');
  watched.start();
  const console = await consoleOf({ flags, log, metrics, config }, watched, openConsole);
  try {
    const lead = async (term: AbortSignal): Promise<void> => {
      await Promise.race([watched.synced(), aborted(term)]);
      if (term.aborted) return;
      const recorder = recorderOf({ flags, log, metrics, config });
      const controller = controllerOf({ flags, log, metrics, config }, watched, {
        term,
        recorder,
      });
      present.controller = controller;
      await controller.begin();
      await aborted(term);
      await controller.stop();
      present.controller = null;
      await recorder.flush();
    };
    await elected({ flags, log, metrics, config }, present, lead, ending);
  } finally {
    await console?.close();
    await watched.stop();
    await health.close();
    await config.close();
  }
}

/** Rings are run without it as well: that it cannot be had is told, and no more. */
async function consoleOf(
  { flags, log, metrics, config }: Parts,
  view: Watched,
  open: ConsoleOpener,
): Promise<OpenConsole | null> {
  const { consolePort, consoleChanges, namespaces, readsHosts } = flags;
  if (consolePort === null) return null;
  const accessOfUser = consoleChanges ? accessOfUsers(process.env) : null;
  if (consoleChanges && accessOfUser === null)
    log.warn('the console only shows: outside a pod, callers cannot be told from the operator');
  const api = kubeApi(config, { observer: metrics.api });
  const place = kubernetesPlace({ api, view, namespaces, readsHosts, accessOfUser });
  try {
    return await open(place, { port: consolePort, orAny: false });
  } catch (error) {
    log.warn({ err: error }, 'there is no console');
    return null;
  }
}

function watchedOf(
  { flags, log, metrics, config }: Parts,
  present: Present,
  ending: AbortSignal,
): Watched {
  const options = { observer: metrics.api, signal: ending };
  const wakes = new Wakes();
  return new Watched({
    watcher: kubeWatcher(config, options),
    api: kubeApi(config, options),
    namespaces: flags.namespaces,
    readsHosts: flags.readsHosts,
    changed: (kind, change) => {
      const concern = wakes.concern(kind, change);
      if (concern !== null) present.controller?.wake(concern);
    },
    failed: (kind, error, retryMs) => {
      log.warn({ err: error, retryMs }, `watch of ${kind.plural} failed`);
    },
  });
}

async function elected(
  { flags, log, metrics, config }: Parts,
  present: Present,
  lead: (term: AbortSignal) => Promise<void>,
  ending: AbortSignal,
): Promise<void> {
  const events = {
    leads: (isLeader: boolean, why: string) => {
      present.leads = isLeader;
      if (!isLeader) metrics.rings.forget();
      log.info({ isLeader }, why);
    },
    failed: (error: unknown) => {
      log.warn({ err: error }, 'the lease could not be asked for');
    },
  };
  if (flags.lease === null) {
    events.leads(true, 'no election: this operator acts at once');
    await lead(ending);
    return;
  }
  const api = kubeApi(config, { observer: metrics.api, callMs: LEASE_CALL_MS });
  const options = {
    namespace: flags.ownNamespace,
    name: flags.lease,
    identity: `${flags.identity}_${randomBytes(4).toString('hex')}`,
  };
  await runElected(api, options, events, lead, ending);
}

interface Parts {
  readonly flags: KubernetesFlags;
  readonly log: Logger;
  readonly metrics: OperatorMetrics;
  readonly config: Access;
}

/** Its calls end with its term: who leads no more leaves nothing half done behind that others could meet. */
function controllerOf(
  { flags, log, metrics, config }: Parts,
  watched: Watched,
  { term, recorder }: { readonly term: AbortSignal; readonly recorder: EventRecorder },
): Controller {
  const api = kubeApi(config, { observer: metrics.api, signal: term });
  return new Controller({
    api,
    view: watched,
    namespaces: flags.namespaces,
    latest: { template: LATEST_TEMPLATE, image: flags.image },
    isolated: flags.isolated,
    readsHosts: flags.readsHosts,
    workers: flags.workers,
    observer: metrics.queue,
    tell: (about, happening) => {
      const { namespace, name } = about.metadata;
      const level = happening.type === 'Warning' ? 'warn' : 'info';
      log[level]({ namespace, ring: name, reason: happening.reason }, happening.message);
      const { type, reason, message: note } = happening;
      recorder.record({ regarding: about, type, reason, action: reason, note });
    },
    events: controllerEvents(log, metrics),
  });
}

/** Its calls outlive the term: what was done in it is told even so. */
function recorderOf({ flags, log, metrics, config }: Parts): EventRecorder {
  const api = kubeApi(config, { observer: metrics.api });
  return new EventRecorder(
    api,
    { instance: flags.identity },
    {
      failed: (error) => {
        log.warn({ err: error }, 'an event could not be written');
      },
      dropped: () => {
        log.debug('an event was dropped: there were too many');
      },
    },
  );
}

function controllerEvents(log: Logger, metrics: OperatorMetrics): ControllerEvents {
  return {
    passed: (key, outcome) => {
      const at = partsOf(key);
      if (outcome === null) {
        log.info({ ring: key }, 'the ring is gone');
        metrics.rings.see(at, null);
        return;
      }
      metrics.passed('success');
      const { action, waits } = outcome.plan;
      if (action.kind !== 'none') {
        const { kind } = action;
        const id = 'id' in action ? action.id : undefined;
        const epoch = 'document' in action ? action.document.epoch : undefined;
        log.info({ ring: key, action: kind, id, epoch, waits: waits.length }, `action ${kind}`);
      }
      if (outcome.figures !== null) metrics.rings.see(at, outcome.figures);
    },
    failed: (key, error, retryMs) => {
      metrics.passed('error');
      const isConflict = error instanceof RingError && error.code === 'CONFLICT';
      const isPassing = error instanceof RingError && error.code === 'PEER_UNREACHABLE';
      const level = isConflict ? 'debug' : isPassing ? 'warn' : 'error';
      const why = reasonOf(error);
      // The stack of what is a bug; the words of what is not.
      const told = error instanceof RingError ? { code: error.code } : { err: error };
      log[level]({ ring: key, retryMs, ...told }, `pass failed: ${why}`);
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
