// The ring that is wanted now: who keeps a seat, who joins, who leaves, and who must still start.
// Joins, leaves, replacements and another number of copies are one change (protocol §3).
import type { Incarnation, NodeId, Zone } from '../../core/api/ids.ts';
import type { Assignment, Layout, Member, Seat } from '../../core/api/ring-document.ts';
import type { Joiner, Quorums } from '../../core/membership/change.ts';
import { toleratesMissing } from '../../core/membership/barrier.ts';
import { memberOf } from '../../core/membership/document.ts';
import { hasReceipt } from '../../core/membership/upkeep.ts';
import type { ObservedNode } from './observed.ts';
import { joinerOf } from './recover.ts';
import type { World } from './world.ts';
import { isGivenUp, seatedMembers } from './world.ts';

export interface Candidate extends Quorums {
  readonly seats: readonly Seat[];
  readonly joiners: readonly Joiner[];
  readonly leavers: readonly Member[];
  /**
   * Leavers that are silent for longer than somebody said to wait, and whose places others take: their
   * going raises the number of live copies, so it is a repair. They get no receipt before they answer.
   */
  readonly givenUp: ReadonlySet<Incarnation>;
  readonly layout: Layout['kind'];
  /** Wished, but not there yet. */
  readonly pending: readonly Pending[];
}

/** `starting` and `cleaning` are worth waiting for; `stuck` is not, the others go ahead. */
export interface Pending {
  readonly id: NodeId;
  readonly why: 'starting' | 'cleaning' | 'stuck' | 'foreign' | 'disk-full' | 'too-old';
}

/** What the desired state comes to, gates apart. */
export function candidateOf(world: World): Candidate {
  const { document, wished, desired } = world;
  const seats: Seat[] = [];
  const joiners: Joiner[] = [];
  const leavers: Member[] = [];
  const pending: Pending[] = [];
  const taken = new Set<NodeId>();
  for (const member of seatedMembers(world)) {
    const node = world.nodes.get(member.id);
    const replaced = member.lost && node !== undefined && readiness(world, node) === 'ready';
    if (!wished.has(member.id) || replaced) leavers.push(member);
    else {
      seats.push({ incarnation: member.incarnation, zone: member.zone });
      taken.add(member.id);
      if (member.lost) pending.push(pendingOf(world, member.id));
    }
  }
  for (const id of wished) {
    if (taken.has(id)) continue;
    const node = world.nodes.get(id);
    if (node !== undefined && readiness(world, node) === 'ready') {
      const joiner = joinerOf(node);
      joiners.push(joiner);
      seats.push({ incarnation: joiner.incarnation, zone: joiner.zone });
    } else pending.push(pendingOf(world, id));
  }
  const { replicationFactor, readQuorum, writeQuorum } = desired;
  const layout = layoutFor(document.current.layout.kind, seats, replicationFactor);
  const givenUp = givenUpIn(world, { seats, leavers });
  return {
    seats,
    joiners,
    leavers,
    givenUp,
    pending,
    replicationFactor,
    readQuorum,
    writeQuorum,
    layout,
  };
}

/**
 * None where fewer would be left than are wanted or than N, with the ring not that small already: somebody
 * is still to come in their place. None either where a slot would be read from too few of its old
 * members (R6). Living leavers count as left: while a seat is silent, none of them may go.
 */
function givenUpIn(
  { document, desired, nodes, reports }: World,
  { seats, leavers }: Pick<Candidate, 'seats' | 'leavers'>,
): ReadonlySet<Incarnation> {
  const { current } = document;
  const silent = leavers.filter(({ id, incarnation, lost }) => {
    const node = nodes.get(id);
    return (
      !lost &&
      !reports.has(incarnation) &&
      node !== undefined &&
      isGivenUp(node, desired.replaceAfterMs)
    );
  });
  const givenUp = new Set(silent.map(({ incarnation }) => incarnation));
  const left = seats.length + livingOf({ leavers, givenUp }).length;
  const enough = Math.max(desired.replicas, desired.replicationFactor);
  const away = document.members.filter((member) => !reports.has(member.incarnation));
  const isRepair =
    left >= Math.min(current.seats.length, enough) &&
    desired.replicationFactor >= current.replicationFactor &&
    toleratesMissing(current, new Set(away.map(({ incarnation }) => incarnation)));
  return isRepair ? givenUp : new Set();
}

/** The candidate without what lowers the number of copies: leavers stay and N does not fall. */
export function withoutShrinking(candidate: Candidate, current: Assignment): Candidate {
  const living = livingOf(candidate);
  const lowersN = candidate.replicationFactor < current.replicationFactor;
  const copies = lowersN ? current : candidate;
  const kept = living.map(({ incarnation, zone }): Seat => ({ incarnation, zone }));
  const seats = [...candidate.seats, ...kept];
  return {
    ...candidate,
    seats,
    leavers: candidate.leavers.filter((member) => !living.includes(member)),
    replicationFactor: copies.replicationFactor,
    readQuorum: copies.readQuorum,
    writeQuorum: copies.writeQuorum,
    layout: layoutFor(current.layout.kind, seats, copies.replicationFactor),
  };
}

/** True where the candidate is another ring than the present one. */
export function differs(candidate: Candidate, current: Assignment): boolean {
  return (
    candidate.joiners.length > 0 ||
    candidate.leavers.length > 0 ||
    candidate.replicationFactor !== current.replicationFactor ||
    candidate.readQuorum !== current.readQuorum ||
    candidate.writeQuorum !== current.writeQuorum ||
    candidate.layout !== current.layout.kind
  );
}

/** The layout that so many zones call for; one that fits is changed only on its own (protocol §1). */
export function naturalLayout(seats: readonly Seat[], replicationFactor: number): Layout['kind'] {
  const zones = new Set<Zone>(seats.map((seat) => seat.zone)).size;
  return zones > 1 && replicationFactor > 1 && zones >= replicationFactor ? 'zoned' : 'flat';
}

function layoutFor(present: Layout['kind'], seats: readonly Seat[], N: number): Layout['kind'] {
  return present === 'flat' ? 'flat' : naturalLayout(seats, N);
}

type Readiness = 'ready' | Pending['why'];

/** May this node join now? Under its own incarnation, which no document names and no receipt ended. */
function readiness(world: World, { report, silentMs }: ObservedNode): Readiness {
  const { document, observed, desired } = world;
  if (report === null) return silentMs > desired.abortAfterMs ? 'stuck' : 'starting';
  if (report.clusterId !== null && report.clusterId !== document.clusterId) return 'foreign';
  const named = memberOf(document, report.incarnation);
  if (named !== undefined) return named.state === 'left' ? 'cleaning' : 'stuck';
  if (hasReceipt(document, report.incarnation)) return 'cleaning';
  if (observed.lostIncarnations.includes(report.incarnation)) return 'stuck';
  if (report.protocolVersionMax < document.protocolVersion) return 'too-old';
  if (report.diskFull) return 'disk-full';
  return report.draining ? 'starting' : 'ready';
}

function pendingOf(world: World, id: NodeId): Pending {
  const node = world.nodes.get(id);
  const why = node === undefined ? 'starting' : readiness(world, node);
  const leaving = world.document.members.some((m) => m.id === id && m.state === 'left' && !m.lost);
  // A leaver that cannot finish soon holds nobody else back: somebody is missing, or its receipt waits
  // for the change that takes a lost member off the ring.
  const finishes =
    world.barrier.verdict === 'full' && !seatedMembers(world).some((member) => member.lost);
  if (leaving) return { id, why: finishes ? 'cleaning' : 'stuck' };
  return { id, why: why === 'ready' ? 'starting' : why };
}

/** What the change does, in words: `replace dev-1, join dev-3, dev-4, leave dev-2, N 3 → 2`. */
export function summaryOf(
  candidate: Omit<Candidate, 'joiners'> & { readonly joiners: readonly Pick<Joiner, 'id'>[] },
  current: Assignment,
): string {
  const joins = candidate.joiners.map(({ id }) => id);
  const leaves = candidate.leavers.map(({ id }) => id);
  const replaced = joins.filter((id) => leaves.includes(id));
  const parts: string[] = [];
  const say = (verb: string, ids: readonly NodeId[]) => {
    if (ids.length > 0) parts.push(`${verb} ${ids.join(', ')}`);
  };
  say('replace', replaced);
  say(
    'join',
    joins.filter((id) => !replaced.includes(id)),
  );
  say(
    'leave',
    leaves.filter((id) => !replaced.includes(id)),
  );
  for (const [name, from, to] of [
    ['N', current.replicationFactor, candidate.replicationFactor],
    ['R', current.readQuorum, candidate.readQuorum],
    ['W', current.writeQuorum, candidate.writeQuorum],
  ] as const)
    if (from !== to) parts.push(`${name} ${from} → ${to}`);
  if (candidate.layout !== current.layout.kind) parts.push(`lay out ${candidate.layout}`);
  return parts.join(', ');
}

/** Incarnations that the candidate takes away while their copies live. */
export function livingLeavers(candidate: Candidate): ReadonlySet<Incarnation> {
  return new Set(livingOf(candidate).map(({ incarnation }) => incarnation));
}

function livingOf({ leavers, givenUp }: Pick<Candidate, 'leavers' | 'givenUp'>): readonly Member[] {
  return leavers.filter(({ lost, incarnation }) => !lost && !givenUp.has(incarnation));
}
