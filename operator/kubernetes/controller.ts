// Reconciles every DhtCluster, one pass at a time: what happens only wakes a ring, and each pass looks at
// everything again. It runs while this operator leads.
import type { ClusterStatus } from '../../core/api/cluster.ts';
import { RingError } from '../../core/errors.ts';
import { KUBE_IDLE_MS } from '../../core/limits.ts';
import { pass } from '../loop.ts';
import { Pace } from '../pace.ts';
import { plan } from '../planner/plan.ts';
import type { Plan } from '../planner/plan.ts';
import type { Desired, Observed } from '../planner/observed.ts';
import type { RingFigures } from '../ring-figures.ts';
import { wake } from '../wake.ts';
import type { KubeApi } from './api.ts';
import { sleepingPlan } from './hibernation.ts';
import { CLUSTERS } from './kinds.ts';
import type { Happening, KubeView } from './operated.ts';
import type { Latest } from './pinned.ts';
import { KubernetesPlatform } from './platform.ts';
import { WorkQueue } from './queue.ts';
import type { QueueObserver } from './queue.ts';
import type { ClusterObject } from './shapes.ts';
import { EVERY_RING, keyOf, partsOf } from './wakes.ts';
import type { ClusterKey } from './wakes.ts';

export interface ControllerOptions {
  readonly api: KubeApi;
  readonly view: KubeView;
  readonly namespaces: readonly string[] | null;
  readonly latest: Latest;
  readonly isolated: boolean;
  readonly readsHosts: boolean;
  readonly workers: number;
  readonly observer: QueueObserver;
  readonly tell: (about: ClusterObject, happening: Happening) => void;
  readonly events: ControllerEvents;
}

export interface ControllerEvents {
  /** A pass came to an end; null: there is no such ring any more. */
  passed(key: ClusterKey, outcome: Outcome | null): void;
  /** A pass failed; it is tried again after so many ms. */
  failed(key: ClusterKey, error: unknown, retryMs: number): void;
}

export interface Outcome {
  readonly plan: Plan;
  readonly status: ClusterStatus | null;
  readonly figures: RingFigures | null;
}

interface Charge {
  readonly platform: KubernetesPlatform;
  readonly pace: Pace;
  /** A pass has seen its DhtCluster. */
  wasThere: boolean;
}

export class Controller {
  private readonly options: ControllerOptions;
  private readonly charges = new Map<ClusterKey, Charge>();
  private readonly queue: WorkQueue;

  constructor(options: ControllerOptions) {
    this.options = options;
    const { workers, observer, events } = options;
    this.queue = new WorkQueue((key) => this.work(key), events, { workers, observer });
  }

  /** Looks at the ring soon, or at all that are known. */
  wake(concern: ClusterKey): void {
    if (concern !== EVERY_RING) this.queue.add(concern);
    else for (const key of this.charges.keys()) this.queue.add(key);
  }

  /** Looks at every DhtCluster there is. */
  async begin(): Promise<void> {
    for (const namespace of this.options.namespaces ?? [null]) {
      for (const { metadata } of await this.options.view.list<ClusterObject>(CLUSTERS, namespace))
        this.queue.add(keyOf(metadata.namespace ?? '', metadata.name));
    }
  }

  get depth(): number {
    return this.queue.depth;
  }

  get rings(): number {
    return this.charges.size;
  }

  /** Begins no pass any more; resolves when those under way have ended. */
  async stop(): Promise<void> {
    await this.queue.stop();
  }

  /** One pass; ms after which to look again, null: only when something happens. */
  private async work(key: ClusterKey): Promise<number | null> {
    const charge = this.chargeOf(key);
    try {
      const answer = await pass(charge.platform, this.plannerFor(charge));
      if (answer === null) {
        this.charges.delete(key);
        // What is left of its objects wakes it a few more times; it is told of once.
        if (charge.wasThere) this.options.events.passed(key, null);
        return null;
      }
      charge.wasThere = true;
      const { status, figures } = charge.platform;
      this.options.events.passed(key, { plan: answer, status, figures });
      const waitMs = charge.pace.after(answer);
      return charge.platform.isAsleep() ? KUBE_IDLE_MS : waitMs;
    } catch (error) {
      return this.retry(key, charge, error);
    }
  }

  /** What others did or a node did not answer passes soon; anything else is the queue's to slow down. */
  private retry(key: ClusterKey, charge: Charge, error: unknown): number {
    if (!(error instanceof RingError) || !SOON.has(error.code)) throw error;
    const retryMs = charge.pace.afterFailure(error);
    if (retryMs > 0) this.options.events.failed(key, error, retryMs);
    return retryMs;
  }

  private plannerFor(charge: Charge) {
    return (desired: Desired, observed: Observed): Plan =>
      charge.platform.isAsleep() ? sleepingPlan() : plan(desired, observed);
  }

  private chargeOf(key: ClusterKey): Charge {
    const known = this.charges.get(key);
    if (known !== undefined) return known;
    const { api, view, latest, isolated, readsHosts, tell } = this.options;
    const platform = new KubernetesPlatform({
      ...partsOf(key),
      api,
      view,
      latest,
      isolated,
      readsHosts,
      tell,
      wake: wake(),
    });
    const charge = { platform, pace: new Pace(KUBE_IDLE_MS), wasThere: false };
    this.charges.set(key, charge);
    return charge;
  }
}

/**
 * Failures that are likely to be over within seconds. Forbidden is among them: the API server judges by
 * its own view of receipts and rings, which may be a moment behind what we have just written.
 */
const SOON: ReadonlySet<string> = new Set([
  'CONFLICT',
  'FORBIDDEN',
  'PEER_UNREACHABLE',
  'TIMEOUT',
  'NOT_FOUND',
]);
