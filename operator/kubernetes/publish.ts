// Publishes what a pass found: the DhtCluster's status, its Events, and the disruption budget.
import type { ClusterStatus } from '../../core/api/cluster.ts';
import { RingError } from '../../core/errors.ts';
import { KUBE_FIGURES_MS, KUBE_IDLE_MS } from '../../core/limits.ts';
import type { Observed } from '../planner/observed.ts';
import type { WaitReason } from '../planner/actions.ts';
import type { Condition, Plan } from '../planner/plan.ts';
import { ringFigures } from '../ring-figures.ts';
import type { RingFigures } from '../ring-figures.ts';
import { happenings, momentOf } from './happenings.ts';
import type { Moment } from './happenings.ts';
import { CLUSTERS } from './kinds.ts';
import type { Operated } from './operated.ts';
import { putBudget } from './outfit.ts';
import type { ClusterObject } from './shapes.ts';
import { clusterStatus, sameButFigures } from './status.ts';

export interface Publication {
  readonly object: ClusterObject;
  readonly plan: Plan;
  readonly observed: Observed;
  readonly replicas: number;
  readonly conditions: readonly Condition[];
}

export class Publisher {
  /** What the last pass found, published or not. */
  status: ClusterStatus | null = null;
  figures: RingFigures | null = null;
  private moment: Moment | null = null;
  /** When a status was refused last; null: none was since one was taken. */
  private refusedMs: number | null = null;
  private published: { readonly status: ClusterStatus; readonly atMs: number } | null = null;

  /** What was published last, whoever did it. */
  told(object: ClusterObject): ClusterStatus | null {
    return this.published?.status ?? statusOf(object);
  }

  /** By the last status, whoever published it. */
  wasReady(object: ClusterObject): boolean {
    const status = this.status ?? statusOf(object);
    return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  }

  async publish(operated: Operated, publication: Publication): Promise<void> {
    const { plan, observed, object } = publication;
    const now = momentOf(plan, observed);
    for (const each of happenings(this.moment, now)) operated.tell(each);
    this.moment = now;
    await this.publishStatus(operated, publication);
    if (observed.document !== null && object.metadata.deletionTimestamp === undefined)
      await putBudget(operated, mayLoseOne(plan));
  }

  /**
   * A definition that is older than this operator lacks fields of its status. Rings are looked after all
   * the same: the operator decides nothing by what stands there. Policies do, so that nobody who has left
   * is removed until it is replaced.
   */
  private refused(tell: Operated['tell'], error: unknown, nowMs: number): void {
    if (!(error instanceof RingError) || error.code !== 'INVALID') throw error;
    const message = `The status can't be published: is the CRD older than the operator? ${error.message}`;
    if (this.refusedMs === null) tell({ type: 'Warning', reason: 'StatusRefused', message });
    this.refusedMs = nowMs;
  }

  private async publishStatus({ api, tell }: Operated, publication: Publication): Promise<void> {
    const { object, observed } = publication;
    const before = this.told(object);
    const status = clusterStatus({ ...publication, metadata: object.metadata, before });
    this.status = status;
    this.figures = ringFigures({
      plan: publication.plan,
      observed,
      wanted: publication.replicas,
      waits: (status.waits ?? []).map(({ reason, since }) => ({
        reason: reason as WaitReason,
        sinceMs: Date.parse(since),
      })),
      conditions: status.conditions ?? [],
    });
    const { nowMs } = observed;
    const isFresh = this.published !== null && nowMs - this.published.atMs < KUBE_FIGURES_MS;
    const same =
      before !== null &&
      (JSON.stringify(before) === JSON.stringify(status) ||
        (isFresh && sameButFigures(before, status)));
    const isVain = this.refusedMs !== null && nowMs - this.refusedMs < KUBE_IDLE_MS;
    if (same || isVain) return;
    const { apiVersion, kind, metadata } = object;
    const { name, namespace, uid } = metadata;
    const head = { name, namespace, uid };
    const applied = { apiVersion, kind, metadata: head, status };
    try {
      await api.applyStatus(CLUSTERS, applied);
      this.published = { status, atMs: nowMs };
      this.refusedMs = null;
    } catch (error) {
      this.refused(tell, error, nowMs);
    }
  }
}

/** Every slot has all its copies, so one of them may be away for a while. */
function mayLoseOne(plan: Plan): boolean {
  const held = plan.conditions.find(({ type }) => type === 'ReplicationSatisfied');
  return held?.status === 'True';
}

function statusOf({ status }: ClusterObject): ClusterStatus | null {
  return status === undefined ? null : status;
}
