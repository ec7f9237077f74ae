// Conditions that only Kubernetes has, and those of the planner's that Kubernetes knows more about.
import type { Problem } from '../../core/api/schema.ts';
import type { Condition, Plan } from '../planner/plan.ts';
import { amountOf } from './amounts.ts';
import { hibernatedCondition } from './hibernation.ts';
import type { Ring } from './manifests/ring.ts';
import type { Members } from './members.ts';
import { pinned, requiresUpdate } from './pinned.ts';
import type { Latest } from './pinned.ts';
import type { Place } from './places.ts';
import { podTrouble } from './pod-troubles.ts';
import type { Claim, StatefulSet } from './shapes.ts';

export interface Extra {
  readonly ring: Ring;
  readonly plan: Plan;
  readonly statefulSet: StatefulSet | null;
  readonly members: Members;
  readonly places: readonly Place[];
  readonly claims: readonly Claim[];
  /** What the API server refused. */
  readonly troubles: readonly string[];
  readonly latest: Latest;
  /** Why the ring can't sleep yet. */
  readonly obstacle: string | null;
  /** What is wrong with the spec; the last good one is in force. */
  readonly problems: readonly Problem[];
}

export function extraConditions(extra: Extra): readonly Condition[] {
  const { ring, members, obstacle } = extra;
  return [
    ...stalled(extra),
    hibernatedCondition(ring.spec, members.asleep, obstacle),
    volumesResizing(extra),
    updateRequired(extra),
    ...(ring.spec.hibernate && !ring.spec.paused ? [said('Paused', false, 'NotAsked', '')] : []),
  ];
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

function volumesResizing({ claims }: Extra): Condition {
  const growing = claims.filter(({ spec, status }) => {
    const wanted = amountOf(spec.resources?.requests?.storage);
    const present = amountOf(status?.capacity?.storage);
    return wanted !== null && present !== null && present < wanted;
  });
  const names = growing.map(({ metadata }) => metadata.name).join(', ');
  return growing.length === 0
    ? said('VolumesResizing', false, 'AtSize', '')
    : said('VolumesResizing', true, 'Growing', `${names} grow`);
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
