// The operator's only place that knows prom-client. Names of the loop itself are controller-runtime's,
// so that dashboards and alerts made for other operators fit.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ClusterStatus } from '../core/api/cluster.ts';

/** s; a pass is some ms of work, or seconds of waiting for a node. */
const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const QUEUE = { name: 'dhtcluster' } as const;

/** What is asked for when metrics are collected. */
export interface Readings {
  readonly depth: () => number;
  readonly staleMs: () => number;
  readonly isLeader: () => boolean;
}

export class OperatorMetrics {
  private readonly registry = new Registry();
  private readonly passes: Counter;
  private readonly passSeconds: Histogram;
  private readonly adds: Counter;
  private readonly retries: Counter;
  private readonly queueSeconds: Histogram;
  private readonly workSeconds: Histogram;
  private readonly calls: Counter;
  private readonly callSeconds: Histogram;
  private readonly rings: readonly (readonly [Gauge, (status: ClusterStatus) => number])[];

  constructor(readings: Readings) {
    const registers = [this.registry];
    const counter = (name: string, help: string, labelNames: string[]): Counter =>
      new Counter({ name, help, labelNames, registers });
    const histogram = (name: string, help: string, labelNames: string[]): Histogram =>
      new Histogram({ name, help, labelNames, buckets: SECONDS, registers });
    const read = (name: string, help: string, labels: object, value: () => number): void => {
      new Gauge({
        name,
        help,
        labelNames: Object.keys(labels),
        registers,
        collect() {
          this.set({ ...labels }, value());
        },
      });
    };
    this.passes = counter('controller_runtime_reconcile_total', 'Passes by outcome.', [
      'controller',
      'result',
    ]);
    this.passSeconds = histogram(
      'controller_runtime_reconcile_time_seconds',
      'Time of a pass: observe, plan, act.',
      ['controller'],
    );
    this.adds = counter('workqueue_adds_total', 'Times that a ring was to be looked at.', ['name']);
    this.retries = counter('workqueue_retries_total', 'Passes that are tried again.', ['name']);
    this.queueSeconds = histogram(
      'workqueue_queue_duration_seconds',
      'Time that a ring which is due waits for a worker.',
      ['name'],
    );
    this.workSeconds = histogram('workqueue_work_duration_seconds', 'Time of a pass.', ['name']);
    this.calls = counter('rest_client_requests_total', 'Calls of the API server.', [
      'code',
      'method',
      'resource',
    ]);
    this.callSeconds = histogram(
      'rest_client_request_duration_seconds',
      'Time of a call of the API server.',
      ['verb'],
    );
    read('workqueue_depth', 'Rings that are due and wait for a worker.', QUEUE, readings.depth);
    read('leader_election_master_status', '1: this operator leads.', QUEUE, () =>
      readings.isLeader() ? 1 : 0,
    );
    read(
      'dht_operator_watch_stale_seconds',
      'Time since the quietest watch was last heard.',
      {},
      () => readings.staleMs() / 1000,
    );
    read('process_resident_memory_bytes', 'Memory of this process.', {}, () =>
      process.memoryUsage.rss(),
    );
    this.rings = this.ringGauges();
  }

  readonly queue = {
    added: (): void => {
      this.adds.inc(QUEUE);
    },
    began: (waitedMs: number): void => {
      this.queueSeconds.observe(QUEUE, waitedMs / 1000);
    },
    ended: (ms: number): void => {
      this.workSeconds.observe(QUEUE, ms / 1000);
      this.passSeconds.observe({ controller: QUEUE.name }, ms / 1000);
    },
  };

  readonly api = {
    called: (call: { verb: string; resource: string; code: string; ms: number }): void => {
      const { verb, resource, code, ms } = call;
      this.calls.inc({ code, method: verb, resource });
      if (verb !== 'watch') this.callSeconds.observe({ verb }, ms / 1000);
    },
  };

  passed(result: 'success' | 'error'): void {
    this.passes.inc({ controller: QUEUE.name, result });
    if (result === 'error') this.retries.inc(QUEUE);
  }

  /** null: the ring is gone, and so are its figures. */
  ring(at: { readonly namespace: string; readonly name: string }, status: ClusterStatus | null) {
    const labels = { namespace: at.namespace, ring: at.name };
    for (const [gauge, value] of this.rings) {
      if (status === null) gauge.remove(labels);
      else gauge.set(labels, value(status));
    }
  }

  private ringGauges() {
    const registers = [this.registry];
    const ring = (name: string, help: string, value: (status: ClusterStatus) => number) => {
      const labelNames = ['namespace', 'ring'];
      return [new Gauge({ name, help, labelNames, registers }), value] as const;
    };
    return [
      ring('dht_ring_epoch', 'Epoch of the ring document.', ({ ring: r }) => r?.epoch ?? 0),
      ring(
        'dht_ring_members',
        'Incarnations that the document names.',
        (s) => s.members?.length ?? 0,
      ),
      ring('dht_ring_ready_members', 'Members that serve.', (s) => s.readyReplicas ?? 0),
      ring('dht_ring_pods', 'Pods that were let start.', (s) => s.replicas ?? 0),
      ring(
        'dht_ring_under_replicated_slots',
        'Slots with fewer live copies than replicationFactor.',
        ({ ring: r }) => r?.underReplicatedSlots ?? 0,
      ),
      ring(
        'dht_ring_moving_slots',
        'Slots that change hands.',
        ({ ring: r }) => r?.movingSlots ?? 0,
      ),
      ring('dht_ring_stalled', '1: it does not go on by itself.', (s) =>
        s.conditions?.some(isStalled) ? 1 : 0,
      ),
    ];
  }

  async page(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }
}

type Condition = NonNullable<ClusterStatus['conditions']>[number];

const isStalled = ({ type, status }: Condition): boolean => type === 'Stalled' && status === 'True';
