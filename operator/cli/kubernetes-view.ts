// A DhtCluster as commands see every ring: its published status and its pods in the shape that the local
// operator publishes. Pure.
import { parseCluster } from '../../core/api/cluster.ts';
import type { ClusterSpec, ClusterStatus, DhtCluster } from '../../core/api/cluster.ts';
import { nodeId } from '../../core/api/ids.ts';
import { problemText } from '../../core/api/schema.ts';
import { CLIENT_PORT } from '../../core/limits.ts';
import type { ClusterObject, Pod } from '../kubernetes/shapes.ts';
import type { MemberStatus, RingStatus } from '../local/status.ts';
import type { WaitReason } from '../planner/actions.ts';
import type { OperationStatus } from '../ring-status.ts';
import type { LastingCondition, LastingWait } from '../since.ts';
import { CommandFailed, EXIT } from './exit.ts';
import type { SpecEdit, TargetStatus } from './target.ts';

/** `pods` null: they were not asked for, or may not be read. */
export function viewOf(
  object: ClusterObject,
  pods: readonly Pod[] | null,
  nowMs: number,
): TargetStatus {
  const { name, namespace = '', generation = 0 } = object.metadata;
  const { spec } = clusterOf(object);
  const status = (object.status ?? {}) as ClusterStatus;
  const members = (status.members ?? []).map((member) => memberOf(member, pods));
  return {
    cluster: name,
    observedMs: nowMs,
    url: `http://${name}.${namespace}:${CLIENT_PORT}`,
    wish: String(generation),
    desiredReplicas: spec.replicas,
    readyReplicas: status.readyReplicas ?? 0,
    ring: ringOf(spec, status),
    members,
    operation: operationOf(status, nowMs),
    waits: (status.waits ?? []).map(waitOf),
    conditions: (status.conditions ?? []).map(conditionOf),
    // Whether somebody leads cannot be told from a status; that nobody takes notice of a change can.
    operated: true,
    isCurrent: (status.observedGeneration ?? 0) >= generation,
  };
}

/** Throws CommandFailed where this program knows less of the definition than the API server does. */
export function clusterOf({ apiVersion, kind, metadata, spec }: ClusterObject): DhtCluster {
  return parsed({ apiVersion, kind, metadata: { name: metadata.name }, spec }, EXIT.failed);
}

/** The same as if its spec said so. Throws CommandFailed (refused) where that may not be. */
export function clusterWith(object: ClusterObject, edit: SpecEdit): DhtCluster {
  const { apiVersion, kind, metadata, spec } = object;
  const edited = { ...(spec as object), ...edit };
  return parsed(
    { apiVersion, kind, metadata: { name: metadata.name }, spec: edited },
    EXIT.refused,
  );
}

function parsed(value: object, otherwise: CommandFailed['exitCode']): DhtCluster {
  const read = parseCluster(value);
  if ('cluster' in read) return read.cluster;
  throw new CommandFailed(otherwise, read.problems.map(problemText).join('; '));
}

function ringOf(spec: ClusterSpec, { ring }: ClusterStatus): RingStatus['ring'] {
  return {
    clusterId: null,
    epoch: ring?.epoch ?? 0,
    phase: ring?.phase ?? 'none',
    replicationFactor: spec.replicationFactor,
    readQuorum: spec.consistency.read,
    writeQuorum: spec.consistency.write,
    slots: 2 ** spec.slotBits,
  };
}

type Member = NonNullable<ClusterStatus['members']>[number];

function memberOf(member: Member, pods: readonly Pod[] | null): MemberStatus {
  const pod = pods?.find(({ metadata }) => metadata.name === member.name) ?? null;
  return {
    name: member.name,
    incarnation: member.incarnation,
    state: member.state === 'lost' ? 'serving' : member.state,
    lost: member.state === 'lost',
    process: pods === null ? 'unknown' : processOf(pod),
    serving: pods === null ? member.state === 'serving' : isReady(pod),
    zone: member.zone ?? '',
    slots: member.slots ?? 0,
    keys: member.keys ?? 0,
    bytes: member.bytes ?? 0,
    diskFull: member.diskFull ?? false,
    hints: null,
    epoch: null,
    client: null,
    admin: null,
  };
}

function processOf(pod: Pod | null): MemberStatus['process'] {
  if (pod === null) return 'absent';
  if (pod.metadata.deletionTimestamp !== undefined) return 'stopping';
  return pod.status?.phase === 'Running' ? 'running' : 'starting';
}

function isReady(pod: Pod | null): boolean {
  return (
    pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ??
    false
  );
}

/** Slots are not published; keys and bytes tell as much. */
function operationOf({ operation }: ClusterStatus, nowMs: number): OperationStatus | null {
  if (operation === undefined) return null;
  const etaMs = timeOf(operation.eta);
  return {
    id: operation.id,
    summary: operation.kind,
    phase: operation.phase as OperationStatus['phase'],
    startedMs: timeOf(operation.started) ?? nowMs,
    slotsDone: 0,
    slotsTotal: 0,
    keysDone: operation.keysDone ?? 0,
    keysTotal: operation.keysTotal ?? 0,
    bytesDone: operation.bytesDone ?? 0,
    bytesTotal: operation.bytesTotal ?? 0,
    etaMs: etaMs === null ? null : Math.max(0, etaMs - nowMs),
  };
}

function waitOf(wait: NonNullable<ClusterStatus['waits']>[number]): LastingWait {
  return {
    reason: wait.reason as WaitReason,
    message: wait.message,
    unblock: wait.unblock ?? '',
    nodes: (wait.members ?? []).map(nodeId),
    sinceMs: timeOf(wait.since),
  };
}

function conditionOf(
  condition: NonNullable<ClusterStatus['conditions']>[number],
): LastingCondition {
  const { type, status, reason, message, lastTransitionTime } = condition;
  return { type, status, reason, message, sinceMs: timeOf(lastTransitionTime) };
}

function timeOf(text: string | undefined): number | null {
  const ms = Date.parse(text ?? '');
  return Number.isFinite(ms) ? ms : null;
}
