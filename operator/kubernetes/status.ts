// A DhtCluster's status from one pass: what `kubectl get`, `describe` and `wait` show. Pure.
import type { ClusterStatus } from '../../core/api/cluster.ts';
import { nodeId } from '../../core/api/ids.ts';
import type { NodeId } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { WAITS_MAX } from '../../core/limits.ts';
import { hasReceipt } from '../../core/membership/upkeep.ts';
import type { Wait, WaitReason } from '../planner/actions.ts';
import type { Observed } from '../planner/observed.ts';
import type { Condition, Plan } from '../planner/plan.ts';
import { readyMembers, slotFigures } from '../ring-figures.ts';
import { operationStatus, slotsHeld } from '../ring-status.ts';
import { lasting } from '../since.ts';
import type { LastingWait } from '../since.ts';
import type { KubeMetadata } from './api.ts';
import { selectorOf } from './names.ts';

export interface StatusInput {
  readonly metadata: KubeMetadata;
  readonly plan: Plan;
  readonly observed: Observed;
  /** Pods that there should be. */
  readonly replicas: number;
  /** Beside the planner's; one of the same type takes its place. */
  readonly conditions: readonly Condition[];
  /** What was published last: times of transition are taken from it. */
  readonly before: ClusterStatus | null;
}

type Conditions = NonNullable<ClusterStatus['conditions']>;

export function clusterStatus(input: StatusInput): ClusterStatus {
  const { metadata, plan, observed, replicas } = input;
  const observedGeneration = metadata.generation ?? 0;
  const conditions = conditionsOf(input, observedGeneration);
  const operation = operationOf(plan, observed);
  const waits = waitsOf(input);
  return {
    observedGeneration,
    phase: phaseOf(conditions, operation !== undefined),
    replicas,
    readyReplicas: readyMembers(observed),
    selector: Object.entries(selectorOf(metadata.name))
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
    ...(observed.document === null ? {} : { ring: ringOf(observed.document, observed) }),
    members: membersOf(observed),
    ...(operation === undefined ? {} : { operation }),
    ...(waits.length === 0 ? {} : { waits }),
    conditions,
  };
}

/** True where by this status the pod and the volume of that name must stay: policies go by it. */
export function isKept(status: ClusterStatus | null, id: NodeId): boolean {
  return (status?.members ?? []).some(
    ({ name, state, receipt }) => name === id && state !== 'lost' && receipt !== true,
  );
}

/** True where both say the same but for figures that change all the time. */
export function sameButFigures(a: ClusterStatus, b: ClusterStatus): boolean {
  const essence = ({ ring, members, operation, waits, ...rest }: ClusterStatus): string =>
    JSON.stringify({
      ...rest,
      waits: waits?.map((wait) => [wait.reason, wait.members]),
      ring: { ...ring, keys: 0 },
      members: members?.map((member) => ({ ...member, keys: 0, bytes: 0 })),
      operation: operation && [operation.id, operation.phase, operation.waitingFor],
    });
  return essence(a) === essence(b);
}

function conditionsOf(input: StatusInput, observedGeneration: number): Conditions {
  const byType = new Map<string, Condition>();
  for (const each of [...input.plan.conditions, ...input.conditions]) byType.set(each.type, each);
  const before = new Map(input.before?.conditions?.map((each) => [each.type, each]));
  const now = instantOf(input.observed.nowMs);
  return [...byType.values()].map(({ type, status, reason, message }) => {
    const known = before.get(type);
    const lastTransitionTime = known?.status === status ? known.lastTransitionTime : now;
    const text = message.slice(0, MESSAGE_MAX);
    return { type, status, observedGeneration, lastTransitionTime, reason, message: text };
  });
}

/** A wait that was told of before goes on since then: an operator that comes anew goes by the status. */
function waitsOf({ plan, observed, before }: StatusInput): NonNullable<ClusterStatus['waits']> {
  const told = (before?.waits ?? []).map(({ reason, message, members, since }): LastingWait => {
    const nodes = (members ?? []).map(nodeId);
    return {
      reason: reason as WaitReason,
      message,
      unblock: '',
      nodes,
      sinceMs: Date.parse(since),
    };
  });
  const waits = plan.waits.slice(0, WAITS_MAX);
  const known = { waits: told, conditions: [] };
  return lasting({ waits, conditions: [] }, known, observed.nowMs).waits.map((wait) => ({
    reason: wait.reason,
    message: wait.message.slice(0, MESSAGE_MAX),
    ...(wait.unblock === '' ? {} : { unblock: wait.unblock.slice(0, MESSAGE_MAX) }),
    ...(wait.nodes.length === 0 ? {} : { members: wait.nodes }),
    since: instantOf(wait.sinceMs ?? observed.nowMs),
  }));
}

/** Characters of a message; the schema's bound. */
const MESSAGE_MAX = 32_768;

/** For display only: the most important of the conditions in one word. */
function phaseOf(conditions: Conditions, isMoving: boolean): string {
  const is = (type: string): boolean =>
    conditions.find((each) => each.type === type)?.status === 'True';
  if (is('Hibernated')) return 'Hibernated';
  if (is('Stalled')) return 'Stalled';
  if (is('ScalingIn')) return 'ScalingIn';
  if (is('ScalingOut')) return 'ScalingOut';
  if (is('RollingOut')) return 'RollingOut';
  if (isMoving) return 'Changing';
  if (is('Paused')) return 'Paused';
  return is('Ready') ? 'Ready' : 'NotReady';
}

function ringOf(document: RingDocument, observed: Observed): ClusterStatus['ring'] {
  const { phase, epoch } = document;
  const { underReplicated, moving, balance, keys } = slotFigures(document, observed);
  return {
    epoch,
    phase,
    underReplicatedSlots: underReplicated,
    movingSlots: moving,
    balance,
    keys,
  };
}

function membersOf({ document, nodes }: Observed): ClusterStatus['members'] {
  if (document === null) return [];
  const slots = slotsHeld(document);
  return document.members.map(({ id, incarnation, state, zone, lost }) => {
    const report = nodes.find((node) => node.report?.incarnation === incarnation)?.report;
    return {
      name: id,
      incarnation,
      state: lost ? 'lost' : state,
      zone,
      slots: slots.get(incarnation) ?? 0,
      ...(report ? { keys: report.keys, bytes: report.bytes } : {}),
      // Policies of the API server go by it (helm/ringkeeper/templates/policies/named.yaml).
      ...(hasReceipt(document, incarnation) ? { receipt: true } : {}),
      ...(report?.diskFull === true ? { diskFull: true } : {}),
    };
  });
}

function operationOf(plan: Plan, { nowMs }: Observed): ClusterStatus['operation'] {
  const operation = operationStatus(plan.operation, nowMs);
  if (operation === null) return undefined;
  const { id, summary, phase, startedMs, keysDone, keysTotal, bytesDone, bytesTotal } = operation;
  return {
    id,
    kind: summary.slice(0, 253),
    phase,
    started: instantOf(startedMs),
    keysDone,
    keysTotal,
    bytesDone,
    bytesTotal,
    ...(operation.etaMs === null ? {} : { eta: instantOf(nowMs + operation.etaMs) }),
    waitingFor: plan.waits.map(waitText).join('; ').slice(0, MESSAGE_MAX),
  };
}

export function waitText({ message, unblock }: Wait): string {
  return unblock === '' ? message : `${message}. ${unblock}`;
}

/** Whole seconds, as Kubernetes has it: an eta that is worked out anew each time seldom changes. */
function instantOf(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
