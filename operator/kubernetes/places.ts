// From pods, claims and what should run to the nodes that the planner is told of. Pure: what was read,
// and how old it is, is the platform's affair.
import type { NodeId } from '../../core/api/ids.ts';
import { nodeId } from '../../core/api/ids.ts';
import type { ProcessState } from '../survey.ts';
import { shouldRun } from './members.ts';
import type { Members } from './members.ts';
import { claimName, GATE } from './names.ts';
import type { Claim, Pod } from './shapes.ts';
import { isSpent, usedVolume, volumeOf, volumeOfPod } from './volumes.ts';

/** One ordinal of the ring, with what is there. */
export interface Place {
  readonly id: NodeId;
  readonly ordinal: number;
  readonly pod: Pod | null;
  readonly claim: Claim | null;
  readonly process: ProcessState;
  /** null: none, so whatever lived there can't act again (R9). */
  readonly volume: string | null;
}

export interface Found {
  readonly cluster: string;
  readonly members: Members;
  readonly pods: readonly Pod[];
  readonly claims: readonly Claim[];
  /** Memory only: there are no claims, and a pod's life is its volume's. */
  readonly ephemeral: boolean;
}

/** Every ordinal at which a node runs, should run, or has left data behind; ascending. */
export function placesOf(found: Found): readonly Place[] {
  const { cluster, members } = found;
  const pods = byOrdinal(found.pods, `${cluster}-`);
  const claims = byOrdinal(found.claims, claimName(cluster, 0).slice(0, -1));
  const ordinals = new Set([...pods.keys(), ...claims.keys()]);
  for (let ordinal = 0; ordinal < members.replicas; ordinal++) ordinals.add(ordinal);
  return [...ordinals]
    .sort((a, b) => a - b)
    .flatMap((ordinal) => {
      const [pod, claim] = [pods.get(ordinal) ?? null, claims.get(ordinal) ?? null];
      const process = processAt({ pod, claim, isWanted: shouldRun(members, ordinal) });
      if (process === 'absent') return [];
      const volume = volumeAt({ pod, claim }, found.ephemeral);
      return [{ id: nodeId(`${cluster}-${ordinal}`), ordinal, pod, claim, process, volume }];
    });
}

/** True where the pod waits to be told its volume: it has no host and no process yet. */
export function isGated(pod: Pod): boolean {
  return pod.spec.schedulingGates?.some(({ name }) => name === GATE) ?? false;
}

/** True where a process of this pod may run, or may have run until now. */
export function isLive(pod: Pod | null): pod is Pod {
  return pod !== null && !isGated(pod);
}

/** The number of a name with this start; null: it is another name. */
export function ordinalIn(name: string, start: string): number | null {
  if (!name.startsWith(start)) return null;
  const digits = name.slice(start.length);
  return /^(0|[1-9][0-9]{0,3})$/.test(digits) ? Number(digits) : null;
}

function byOrdinal<T extends Pod | Claim>(all: readonly T[], start: string): Map<number, T> {
  const found = new Map<number, T>();
  for (const each of all) {
    const ordinal = ordinalIn(each.metadata.name, start);
    if (ordinal !== null) found.set(ordinal, each);
  }
  return found;
}

interface At {
  readonly pod: Pod | null;
  readonly claim: Claim | null;
}

function processAt({ pod, claim, isWanted }: At & { readonly isWanted: boolean }): ProcessState {
  if (isLive(pod)) {
    if (pod.metadata.deletionTimestamp !== undefined) return 'stopping';
    const { phase } = pod.status ?? {};
    return phase === 'Failed' || phase === 'Succeeded' ? 'crashed' : 'running';
  }
  // The StatefulSet makes its pod, and the operator opens its gate.
  if (isWanted) return 'crashed';
  return claim !== null && holdsData(claim) ? 'stopped' : 'absent';
}

/**
 * A claim that never had a volume holds nothing, and what a member left behind with a receipt counts
 * for nothing. Any other may hold the only copy of a ring: it is looked into before anything is made.
 */
function holdsData(claim: Claim): boolean {
  return !isSpent(claim) && (usedVolume(claim) !== null || claim.status?.phase !== 'Pending');
}

function volumeAt({ pod, claim }: At, ephemeral: boolean): string | null {
  if (!isLive(pod)) return claim === null || ephemeral ? null : volumeOf(claim);
  if (pod.spec.nodeName === undefined && (ephemeral || hasNoVolume(claim))) return null;
  // A pod keeps the volume that it was started with, whatever became of the claim since.
  return ephemeral ? (pod.metadata.uid ?? null) : volumeOfPod(pod);
}

/** Nobody has made a volume for it yet: before a host takes its pod, nothing was ever stored. */
function hasNoVolume(claim: Claim | null): boolean {
  return claim?.status?.phase === 'Pending' && claim.spec.volumeName === undefined;
}
