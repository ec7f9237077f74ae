// What the operator publishes of a ring: read by `dht status`, `dht get` and the console. The same
// facts are a DhtCluster's status on Kubernetes.
import { createHash } from 'node:crypto';
import type { ClusterSpec } from '../../core/api/cluster.ts';
import type { Member } from '../../core/api/ring-document.ts';
import { LOCAL_HOST } from '../../core/limits.ts';
import type { Observed, ObservedNode } from '../planner/observed.ts';
import type { Plan } from '../planner/plan.ts';
import { operationStatus, slotsHeld } from '../ring-status.ts';
import type { OperationStatus } from '../ring-status.ts';
import { lasting } from '../since.ts';
import type { Lasting } from '../since.ts';
import type { NodePorts } from './ports.ts';

/** One place of the ring: a member of the document, or a node that is none yet. */
export interface MemberStatus {
  readonly name: string;
  readonly incarnation: string | null;
  readonly state: Member['state'] | 'none';
  readonly lost: boolean;
  readonly process: ObservedNode['process'] | 'absent' | 'unknown';
  /** It takes requests, those to the ring's client address too. */
  readonly serving: boolean;
  readonly zone: string;
  /** Slots of which it holds a replica. */
  readonly slots: number;
  readonly keys: number;
  readonly bytes: number;
  /** It serves, and takes no more values (DISK_FULL). */
  readonly diskFull: boolean;
  /** Writes that it keeps for others, and the epoch that it holds; null: not known from here. */
  readonly hints: number | null;
  readonly epoch: number | null;
  /** URLs of its ports; null: never started, or not reached from here. */
  readonly client: string | null;
  readonly admin: string | null;
}

export interface RingStatus extends Lasting {
  readonly cluster: string;
  /** Wall clock in ms. */
  readonly observedMs: number;
  readonly url: string;
  /** Which spec this was judged by, see wishOf. */
  readonly wish: string;
  readonly desiredReplicas: number;
  readonly readyReplicas: number;
  readonly ring: {
    readonly clusterId: string | null;
    readonly epoch: number;
    readonly phase: string;
    readonly replicationFactor: number;
    readonly readQuorum: number;
    readonly writeQuorum: number;
    readonly slots: number;
  };
  readonly members: readonly MemberStatus[];
  readonly operation: OperationStatus | null;
}

export interface StatusContext {
  readonly cluster: string;
  readonly url: string;
  readonly spec: ClusterSpec;
  readonly portsOf: (id: string) => NodePorts | null;
  /** The client address sends requests to this node. */
  readonly isReached: (id: string) => boolean;
  /** What was published last: since when things are as they are. */
  readonly before: Lasting | null;
}

export function ringStatus(plan: Plan, observed: Observed, context: StatusContext): RingStatus {
  const { document } = observed;
  const members = memberStatuses(observed, context);
  return {
    cluster: context.cluster,
    observedMs: observed.nowMs,
    url: context.url,
    wish: wishOf(context.spec),
    desiredReplicas: context.spec.replicas,
    readyReplicas: members.filter((member) => member.serving).length,
    ring: {
      clusterId: document?.clusterId ?? null,
      epoch: document?.epoch ?? 0,
      phase: document?.phase ?? 'none',
      replicationFactor: document?.current.replicationFactor ?? 0,
      readQuorum: document?.current.readQuorum ?? 0,
      writeQuorum: document?.current.writeQuorum ?? 0,
      slots: document === null ? 0 : 1 << document.slotBits,
    },
    members,
    operation: operationStatus(plan.operation, observed.nowMs),
    ...lasting(plan, context.before, observed.nowMs),
  };
}

/** Differs where two specs do: 16 hexadecimal digits. */
export function wishOf(spec: ClusterSpec): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 16);
}

/** The manifest is carried out: every member serves, nothing moves, nothing is left to clean up. */
export function isConverged(status: RingStatus): boolean {
  const is = (type: string): string | undefined =>
    status.conditions.find((condition) => condition.type === type)?.status;
  return (
    is('Ready') === 'True' &&
    is('RingConverged') === 'True' &&
    is('Reconciling') === 'False' &&
    status.members.length === status.desiredReplicas &&
    status.readyReplicas === status.desiredReplicas
  );
}

function memberStatuses(observed: Observed, context: StatusContext): readonly MemberStatus[] {
  const slots = slotsHeld(observed.document);
  const members = observed.document?.members ?? [];
  const rows = members.map((member) => {
    const node = observed.nodes.find(
      ({ id, report }) =>
        id === member.id && (report === null || report.incarnation === member.incarnation),
    );
    return rowOf(member.id, member, node, slots.get(member.incarnation) ?? 0, context);
  });
  const others = observed.nodes.filter(
    (node) =>
      !members.some(
        (member) =>
          member.id === node.id &&
          (node.report === null || node.report.incarnation === member.incarnation),
      ),
  );
  return [...rows, ...others.map((node) => rowOf(node.id, null, node, 0, context))];
}

function rowOf(
  name: string,
  member: Member | null,
  node: ObservedNode | undefined,
  slots: number,
  context: StatusContext,
): MemberStatus {
  const report = node?.report ?? null;
  const ports = context.portsOf(name);
  return {
    name,
    incarnation: member?.incarnation ?? report?.incarnation ?? null,
    state: member?.state ?? 'none',
    lost: member?.lost ?? false,
    process: node?.process ?? 'absent',
    serving: report?.serving === true && !report.draining && context.isReached(name),
    zone: member?.zone ?? node?.zone ?? '',
    slots,
    keys: report?.keys ?? 0,
    bytes: report?.bytes ?? 0,
    diskFull: report?.diskFull ?? false,
    hints: report?.hints.items ?? null,
    epoch: report?.epoch ?? null,
    client: ports === null ? null : `http://${LOCAL_HOST}:${ports.client}`,
    admin: ports === null ? null : `http://${LOCAL_HOST}:${ports.admin}`,
  };
}
