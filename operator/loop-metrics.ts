// What the operator tells of itself. Names of the loop are controller-runtime's, so that dashboards and
// alerts made for other operators fit.
import { Metrics } from './metrics.ts';
import type { Family } from './metrics.ts';
import { ringMetrics } from './ring-metrics.ts';
import type { RingMetrics } from './ring-metrics.ts';

const QUEUE = { name: 'dhtcluster' } as const;
const CONTROLLER = { controller: QUEUE.name } as const;

/** What is asked for when metrics are collected. */
export interface Readings {
  /** Wall clock, ms since 1970. */
  readonly nowMs: () => number;
  readonly version: string;
  /** Passes at a time. */
  readonly workers: number;
  readonly depth: () => number;
  readonly staleMs: () => number;
  readonly isLeader: () => boolean;
}

interface ApiCall {
  readonly verb: string;
  readonly resource: string;
  readonly code: string;
  readonly ms: number;
}

export class OperatorMetrics {
  readonly rings: RingMetrics;
  private readonly metrics = new Metrics();
  private readonly readings: Readings;
  private readonly passes: ReturnType<Metrics['counter']>;
  private readonly errors: ReturnType<Metrics['counter']>;
  private readonly passSeconds: ReturnType<Metrics['histogram']>;
  private readonly adds: ReturnType<Metrics['counter']>;
  private readonly retries: ReturnType<Metrics['counter']>;
  private readonly queueSeconds: ReturnType<Metrics['histogram']>;
  private readonly workSeconds: ReturnType<Metrics['histogram']>;
  private readonly calls: ReturnType<Metrics['counter']>;
  private readonly callSeconds: ReturnType<Metrics['histogram']>;
  private busy = 0;
  /** When the lease was last written by this operator, wall clock in ms. */
  private leaseMs = 0;

  constructor(readings: Readings) {
    this.readings = readings;
    const { metrics } = this;
    this.passes = metrics.counter(PASSES, ['controller', 'result']);
    this.errors = metrics.counter(ERRORS, ['controller']);
    this.passSeconds = metrics.histogram(PASS_SECONDS, ['controller']);
    this.adds = metrics.counter(ADDS, ['name']);
    this.retries = metrics.counter(RETRIES, ['name']);
    this.queueSeconds = metrics.histogram(QUEUE_SECONDS, ['name']);
    this.workSeconds = metrics.histogram(WORK_SECONDS, ['name']);
    this.calls = metrics.counter(CALLS, ['code', 'method', 'resource']);
    this.callSeconds = metrics.histogram(CALL_SECONDS, ['verb']);
    // Nothing has happened yet, which is not the same as nothing being known.
    for (const result of ['success', 'error']) this.passes.inc({ ...CONTROLLER, result }, 0);
    this.errors.inc(CONTROLLER, 0);
    for (const counter of [this.adds, this.retries]) counter.inc(QUEUE, 0);
    this.gauges();
    processMetrics(metrics, readings.nowMs);
    this.rings = ringMetrics(metrics, readings.nowMs);
  }

  readonly queue = {
    added: (): void => {
      this.adds.inc(QUEUE);
    },
    began: (waitedMs: number): void => {
      this.busy += 1;
      this.queueSeconds.observe(QUEUE, waitedMs / 1000);
    },
    ended: (ms: number): void => {
      this.busy -= 1;
      this.workSeconds.observe(QUEUE, ms / 1000);
      this.passSeconds.observe(CONTROLLER, ms / 1000);
    },
  };

  readonly api = {
    called: ({ verb, resource, code, ms }: ApiCall): void => {
      this.calls.inc({ code, method: verb, resource });
      if (verb !== 'watch') this.callSeconds.observe({ verb }, ms / 1000);
      const isWritten = (verb === 'update' || verb === 'create') && code.startsWith('2');
      if (resource === 'leases' && isWritten) this.leaseMs = this.readings.nowMs();
    },
  };

  passed(result: 'success' | 'error'): void {
    this.passes.inc({ ...CONTROLLER, result });
    if (result === 'success') return;
    this.errors.inc(CONTROLLER);
    this.retries.inc(QUEUE);
  }

  page(): ReturnType<Metrics['page']> {
    return this.metrics.page();
  }

  private gauges(): void {
    const { depth, staleMs, isLeader, workers, version, nowMs } = this.readings;
    const gauge = (
      name: string,
      help: string,
      labels: Readonly<Record<string, string>>,
      read: () => number,
    ): void => {
      const family = { kind: 'gauge', name, help, labels: Object.keys(labels) } as const;
      this.metrics.family(family, () => [[Object.values(labels), read()]]);
    };
    gauge(
      'workqueue_depth',
      'Rings that are due and wait for a worker. Rising: there are too few workers, or one hangs.',
      QUEUE,
      depth,
    );
    gauge(
      'controller_runtime_active_workers',
      'Passes under way. At the number of workers for long: some node or API server is slow.',
      CONTROLLER,
      () => this.busy,
    );
    gauge(
      'controller_runtime_max_concurrent_reconciles',
      'Workers. Changed: the operator was started with another setting.',
      CONTROLLER,
      () => workers,
    );
    gauge(
      'leader_election_master_status',
      '1: this operator leads. 0 everywhere: nobody looks after rings.',
      QUEUE,
      () => (isLeader() ? 1 : 0),
    );
    gauge(
      'dht_operator_lease_age_seconds',
      'Time since this operator last wrote the lease; 0 where it does not lead. Rising: it loses it.',
      {},
      () => (isLeader() && this.leaseMs > 0 ? (nowMs() - this.leaseMs) / 1000 : 0),
    );
    gauge(
      'dht_operator_watch_stale_seconds',
      'Time since the quietest watch was last heard. Rising: it acts on old news.',
      {},
      () => staleMs() / 1000,
    );
    gauge(
      'dht_operator_info',
      'Which version runs, by its label. More than one of them for long: a rollout hangs.',
      { version },
      () => 1,
    );
  }
}

/** Under the names that every Prometheus client library uses. */
function processMetrics(metrics: Metrics, nowMs: () => number): void {
  const startedSeconds = nowMs() / 1000 - process.uptime();
  const families: readonly (readonly [Family, () => number])[] = [
    [
      {
        kind: 'gauge',
        name: 'process_resident_memory_bytes',
        help: 'Resident memory of the process. Rising without end: a leak.',
        labels: [],
      },
      () => process.memoryUsage.rss(),
    ],
    [
      {
        kind: 'gauge',
        name: 'process_start_time_seconds',
        help: 'When the process started, Unix time. Changing: it restarts.',
        labels: [],
      },
      () => startedSeconds,
    ],
    [
      {
        kind: 'counter',
        name: 'process_cpu_seconds_total',
        help: 'CPU time used. Near 1 a second: one core is all it can use.',
        labels: [],
      },
      () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
    ],
  ];
  for (const [family, read] of families) metrics.family(family, () => [[[], read()]]);
}

const PASSES = {
  name: 'controller_runtime_reconcile_total',
  help: 'Passes by outcome. error rising: see the log, a ring is not looked after.',
};
const ERRORS = {
  name: 'controller_runtime_reconcile_errors_total',
  help: 'Passes that failed. Rising: see the log, a ring is not looked after.',
};
const PASS_SECONDS = {
  name: 'controller_runtime_reconcile_time_seconds',
  help: 'Time of a pass: observe, plan, act. Rising: nodes or the API server are slow.',
};
const ADDS = {
  name: 'workqueue_adds_total',
  help: 'Times that a ring was to be looked at. Rising fast: something changes again and again.',
};
const RETRIES = {
  name: 'workqueue_retries_total',
  help: 'Passes that are tried again. Rising: see the log.',
};
const QUEUE_SECONDS = {
  name: 'workqueue_queue_duration_seconds',
  help: 'Time that a ring which is due waits for a worker. Rising: there are too few workers.',
};
const WORK_SECONDS = {
  name: 'workqueue_work_duration_seconds',
  help: 'Time of a pass, as the queue sees it. Rising: nodes or the API server are slow.',
};
const CALLS = {
  name: 'rest_client_requests_total',
  help: 'Calls of the API server by verb, resource and HTTP status. 5xx, 429 or silent rising: it is in trouble.',
};
const CALL_SECONDS = {
  name: 'rest_client_request_duration_seconds',
  help: 'Time of a call of the API server by verb. Rising: it is slow.',
};
