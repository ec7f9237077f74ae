// A DhtCluster's status from one pass: what `kubectl get`, `describe` and `wait` show. Pure.
import type { ClusterStatus } from '../../core/api/cluster.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { replicaTable } from '../../core/ring/ring.ts';
import type { Wait } from '../planner/actions.ts';
import type { Observed } from '../planner/observed.ts';
import type { Condition, Plan } from '../planner/plan.ts';
import { operationStatus, slotsHeld } from '../ring-status.ts';
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
  return {
    observedGeneration,
    phase: phaseOf(conditions, operation !== undefined),
    replicas,
    readyReplicas: observed.nodes.filter(
      ({ report }) => report?.serving === true && !report.draining,
    ).length,
    selector: Object.entries(selectorOf(metadata.name))
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
    ...(observed.document === null ? {} : { ring: ringOf(observed.document, observed) }),
    members: membersOf(observed),
    ...(operation === undefined ? {} : { operation }),
    conditions,
  };
}

/** True where both say the same but for figures that change all the time. */
export function sameButFigures(a: ClusterStatus, b: ClusterStatus): boolean {
  const essence = ({ ring, members, operation, ...rest }: ClusterStatus): string =>
    JSON.stringify({
      ...rest,
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
  const { current, phase, epoch, uncleaned } = document;
  const table = replicaTable(current);
  const serving = new Set(
    observed.nodes.flatMap(({ report }) => (report?.serving === true ? [report.incarnation] : [])),
  );
  const lives = current.seats.map((seat) => serving.has(seat.incarnation));
  const wanted = current.replicationFactor;
  let short = 0;
  for (let slot = 0; slot < table.slots; slot++) {
    const set = table.seats.subarray(slot * table.width, (slot + 1) * table.width);
    if (set.filter((seat) => lives[seat]).length < wanted) short += 1;
  }
  const held = [...slotsHeld(document).values()];
  const mean = held.reduce((sum, slots) => sum + slots, 0) / Math.max(1, held.length);
  return {
    epoch,
    phase,
    underReplicatedSlots: short,
    movingSlots: movingSlots(document, observed, uncleaned.length > 0),
    balance: mean === 0 ? 1 : Math.round((Math.max(...held) / mean) * 1000) / 1000,
    keys: Math.round(keysHeld(observed) / Math.max(1, table.width)),
  };
}

function movingSlots(document: RingDocument, observed: Observed, cleans: boolean): number {
  const { next, current } = document;
  const reports = observed.nodes.flatMap(({ report }) => report ?? []);
  if (next === null) {
    return cleans ? Math.max(0, ...reports.map(({ uncleanSlots }) => uncleanSlots)) : 0;
  }
  const [before, after] = [replicaTable(current), replicaTable(next)];
  const setOf = (ring: typeof current, table: typeof before, slot: number): string =>
    Array.from(
      table.seats.subarray(slot * table.width, (slot + 1) * table.width),
      (seat) => ring.seats[seat]?.incarnation,
    )
      .sort()
      .join();
  let moving = 0;
  for (let slot = 0; slot < before.slots; slot++) {
    if (setOf(current, before, slot) !== setOf(next, after, slot)) moving += 1;
  }
  return moving;
}

/** Of members that the ring counts: each key as often as it has copies. */
function keysHeld({ nodes }: Observed): number {
  return nodes.reduce((sum, { report }) => sum + (report?.serving === true ? report.keys : 0), 0);
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
