// Sleep: all members stopped, all volumes kept. It begins only while every copy is in its place, so
// that whoever wakes the ring finds it whole.
import type { ClusterSpec } from '../../core/api/cluster.ts';
import type { Observed } from '../planner/observed.ts';
import type { Condition, Plan } from '../planner/plan.ts';

/** Why the ring can't lie down yet, for people; null: it can now. */
export function whyAwake(spec: ClusterSpec, plan: Plan, observed: Observed): string | null {
  if (spec.storage.ephemeral)
    return 'Its data is in memory only and would be lost: hibernate is not carried out';
  const first = plan.waits.find(({ reason }) => reason !== 'Paused');
  if (first !== undefined) return first.message;
  if (plan.action.kind !== 'none') return 'Something is still to be done';
  for (const type of ['RingConverged', 'ReplicationSatisfied']) {
    const found = plan.conditions.find((each) => each.type === type);
    if (found?.status !== 'True') return found?.message || `${type} does not hold`;
  }
  const hints = observed.nodes.filter(({ report }) => (report?.hints.items ?? 0) > 0);
  if (hints.length > 0) return `${hints.map(({ id }) => id).join(', ')} still deliver hints`;
  return null;
}

/** What is said of a ring that sleeps: nobody is asked, nothing is planned. */
export function sleepingPlan(): Plan {
  const message =
    'All members are stopped and their volumes kept; set hibernate to false to wake it';
  const said = (type: string, status: Condition['status']): Condition => ({
    type,
    status,
    reason: 'Hibernated',
    message,
  });
  return {
    action: { kind: 'none' },
    waits: [],
    operation: null,
    conditions: [
      said('Ready', 'False'),
      said('Reconciling', 'False'),
      said('Stalled', 'False'),
      said('RingConverged', 'Unknown'),
      said('ReplicationSatisfied', 'Unknown'),
    ],
  };
}

export interface Sleep {
  readonly asleep: boolean;
  /** Whose pods end still, though it sleeps. */
  readonly stopping: readonly string[];
  /** Why not yet; null: nothing is in the way. */
  readonly obstacle: string | null;
}

/** The condition Hibernated. Who waits for it may take the hosts away, so no pod may be left then. */
export function hibernatedCondition(
  spec: ClusterSpec,
  { asleep, stopping, obstacle }: Sleep,
): Condition {
  const type = 'Hibernated';
  if (asleep && stopping.length > 0) {
    const message = `${stopping.join(', ')} still stop`;
    return { type, status: 'False', reason: 'WaitsForRing', message };
  }
  if (asleep) return { type, status: 'True', reason: 'Asleep', message: 'All members are stopped' };
  if (!spec.hibernate) return { type, status: 'False', reason: 'NotAsked', message: '' };
  return { type, status: 'False', reason: 'WaitsForRing', message: obstacle ?? '' };
}
