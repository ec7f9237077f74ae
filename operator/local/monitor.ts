// Metrics of a local ring: the operator's own, and where those of its nodes are found.
import { LOCAL_HOST } from '../../core/limits.ts';
import { openHealth } from '../health.ts';
import type { ScrapeTargets } from '../health.ts';
import { OperatorMetrics } from '../loop-metrics.ts';
import type { Observed } from '../planner/observed.ts';
import type { Plan } from '../planner/plan.ts';
import { ringFigures } from '../ring-figures.ts';
import { VERSION } from '../version.ts';
import type { RingStatus } from './status.ts';

/** What a namespace is on Kubernetes. */
export const LOCAL_NAMESPACE = 'local';

export interface Monitor {
  saw(status: RingStatus, plan: Plan, observed: Observed): void;
  /** A pass came to its end, and how. */
  passed(ms: number, result: 'success' | 'error'): void;
  /** Serves on this port; 0: any free one. Rejects where it is in use. */
  open(
    port: number,
    host?: string,
  ): Promise<{ readonly at: number; readonly close: () => Promise<void> }>;
}

export function newMonitor(): Monitor {
  let status: RingStatus | null = null;
  const metrics = new OperatorMetrics({
    nowMs: Date.now,
    version: VERSION,
    workers: 1,
    depth: () => 0,
    // Nothing is watched: each pass looks for itself.
    staleMs: () => 0,
    // Whoever holds the lock of the state folder.
    isLeader: () => true,
  });
  return {
    saw: (seen, plan, observed) => {
      status = seen;
      const { cluster, desiredReplicas: wanted, conditions } = seen;
      const waits = seen.waits.map(({ reason, sinceMs }) => ({
        reason,
        sinceMs: sinceMs ?? observed.nowMs,
      }));
      const figures = ringFigures({ plan, observed, wanted, waits, conditions });
      metrics.rings.see({ namespace: LOCAL_NAMESPACE, name: cluster }, figures);
    },
    passed: (ms, result) => {
      metrics.queue.added();
      metrics.queue.began(0);
      metrics.queue.ended(ms);
      metrics.passed(result);
    },
    open: async (port, host = LOCAL_HOST) => {
      const health = await openHealth({
        port,
        host,
        whyDead: () => null,
        whyNotReady: () => (status === null ? 'the ring has not been looked at yet' : null),
        metrics: () => metrics.page(),
        targets: () => (status === null ? [] : targetsOf(status)),
      });
      return { at: health.port, close: () => health.close() };
    },
  };
}

/** With the labels that a PodMonitor gives on Kubernetes. */
export function targetsOf({ cluster, members }: RingStatus): readonly ScrapeTargets[] {
  // A name stands twice while a new incarnation replaces an old one.
  const admins = new Map(members.flatMap(({ name, admin }) => (admin ? [[name, admin]] : [])));
  return [...admins].map(([pod, admin]) => ({
    targets: [new URL(admin).host],
    labels: { namespace: LOCAL_NAMESPACE, cluster, pod },
  }));
}
