// Conditions that only Kubernetes has, and those of the planner's that Kubernetes knows more about.
import type { NodeId } from '../../core/api/ids.ts';
import { bytesOf } from '../../core/api/quantity.ts';
import type { Problem } from '../../core/api/schema.ts';
import type { Condition, Plan } from '../planner/plan.ts';
import { amountOf } from './amounts.ts';
import { hibernatedCondition } from './hibernation.ts';
import type { Ring } from './manifests/ring.ts';
import type { Members } from './members.ts';
import { pinned, requiresUpdate } from './pinned.ts';
import type { Latest } from './pinned.ts';
import { isLive } from './places.ts';
import type { Place } from './places.ts';
import { isPodReady, podTrouble } from './pod-troubles.ts';
import type { Claim, StatefulSet } from './shapes.ts';

export interface Extra {
  readonly ring: Ring;
  readonly plan: Plan;
  readonly statefulSet: StatefulSet | null;
  readonly members: Members;
  readonly places: readonly Place[];
  readonly claims: readonly Claim[];
  /** Members that serve, by their own word. */
  readonly serving: ReadonlySet<NodeId>;
  /** What was published last. */
  readonly wasReady: boolean;
  /** What the API server refused. */
  readonly troubles: readonly string[];
  readonly latest: Latest;
  /** Why the ring can't sleep yet. */
  readonly obstacle: string | null;
  /** What is wrong with the spec; the last good one is in force. */
  readonly problems: readonly Problem[];
}

export function extraConditions(extra: Extra): readonly Condition[] {
  const { ring, members, places, obstacle } = extra;
  return [
    ...stalled(extra),
    ...notYetReady(extra),
    hibernatedCondition(ring.spec, {
      asleep: members.asleep,
      stopping: places.filter(({ pod }) => isLive(pod)).map(({ id }) => id),
      obstacle,
    }),
    volumesResizing(extra),
    updateRequired(extra),
    ...(ring.spec.hibernate && !ring.spec.paused ? [said('Paused', false, 'NotAsked', '')] : []),
  ];
}

/**
 * A ring becomes Ready once the Service sends clients to every member that serves; the kubelets see that
 * a moment later than the ring does. It stays Ready while its quorums hold.
 */
function notYetReady({ plan, places, serving, wasReady }: Extra): readonly Condition[] {
  const planned = plan.conditions.find(({ type }) => type === 'Ready');
  if (wasReady || planned?.status !== 'True') return [];
  const unseen = places.filter(({ id, pod }) => serving.has(id) && !isPodReady(pod));
  if (unseen.length === 0) return [];
  const names = unseen.map(({ id }) => id).join(', ');
  return [said('Ready', false, 'PodsNotReady', `${names}: the Service sends no clients there yet`)];
}

/** What stalls a ring and the planner can't see, most grave first; it knows of pods only that they are silent. */
function stalled({ plan, problems, troubles, places }: Extra): readonly Condition[] {
  const planned = plan.conditions.find(({ type }) => type === 'Stalled');
  if (problems.length > 0) {
    const text = problems.map(({ path, wrong, right }) => `${path}: ${wrong}; ${right}`).join('. ');
    return [said('Stalled', true, 'InvalidSpec', `${text}. The last valid spec stays in force`)];
  }
  if (troubles[0] !== undefined) return [said('Stalled', true, 'ApiRefused', troubles.join('; '))];
  const [trouble] = places.flatMap(({ pod }) => (pod === null ? [] : (podTrouble(pod) ?? [])));
  if (trouble === undefined || planned?.status === 'True') return [];
  return [said('Stalled', true, trouble.reason, trouble.message)];
}

/**
 * Judged by what the ring wants, not only by what its claims ask for: in the pass that raises them they
 * are seen as they were before, and nobody who waits for the end may be told that it is reached.
 */
function volumesResizing({ ring, claims }: Extra): Condition {
  const { storage, paused } = ring.spec;
  const size = bytesOf(storage.size);
  const growing = claims.filter(({ metadata, spec, status }) => {
    const asked = amountOf(spec.resources?.requests?.storage);
    const present = amountOf(status?.capacity?.storage);
    if (metadata.deletionTimestamp !== undefined || asked === null || present === null)
      return false;
    return present < Math.max(asked, size);
  });
  if (growing.length === 0) return said('VolumesResizing', false, 'AtSize', '');
  const names = growing.map(({ metadata }) => metadata.name).join(', ');
  const until = paused ? '; nothing begins while the ring is paused' : '';
  return said('VolumesResizing', true, 'Growing', `${names}: to ${storage.size}${until}`);
}

function updateRequired({ ring, statefulSet, latest }: Extra): Condition {
  const type = 'RequiresUpdate';
  const kept = pinned(statefulSet, ring.spec, latest);
  if (!requiresUpdate(kept, ring.spec, latest)) return said(type, false, 'UpToDate', '');
  const message =
    `Members run ${ring.spec.image ?? kept.image} as an earlier operator made them; change ` +
    'spec.restartedAt to have them restarted one at a time with what this operator brings';
  return said(type, true, 'NewerAvailable', message);
}

function said(type: string, holds: boolean, reason: string, message: string): Condition {
  return { type, status: holds ? 'True' : 'False', reason, message };
}
