// The facts of one pass, derived once from what was observed: who is who, who answers, where the
// barrier stands, and who should be a member.
import type { Epoch, Incarnation, NodeId } from '../../core/api/ids.ts';
import type { NodeReport } from '../../core/api/admin.ts';
import type { Member, RingDocument } from '../../core/api/ring-document.ts';
import { barrier } from '../../core/membership/barrier.ts';
import type { Barrier } from '../../core/membership/barrier.ts';
import { memberOf } from '../../core/membership/document.ts';
import type { Stamp } from '../../core/membership/edit.ts';
import { hasReceipt } from '../../core/membership/upkeep.ts';
import { MEMBERS_MAX } from '../../core/limits.ts';
import type { Rule } from '../../core/replica/rules.ts';
import type { Desired, Observed, ObservedNode } from './observed.ts';

export interface World {
  readonly desired: Desired;
  readonly observed: Observed;
  readonly without: ReadonlySet<Rule>;
  readonly document: RingDocument;
  /** Newest word of each incarnation that answers now. */
  readonly reports: ReadonlyMap<Incarnation, NodeReport>;
  readonly nodes: ReadonlyMap<NodeId, ObservedNode>;
  /** Who should be a member, whatever the ring is now. */
  readonly wished: ReadonlySet<NodeId>;
  /** Of the document's epoch, with R5 in force even where it is switched off. */
  readonly barrier: Barrier;
}

/** Derives the facts; `document` is the stored one. */
export function worldOf(
  desired: Desired,
  observed: Observed,
  document: RingDocument,
  without: ReadonlySet<Rule>,
): World {
  const reports = new Map<Incarnation, NodeReport>();
  for (const { report } of observed.nodes)
    if (report !== null) reports.set(report.incarnation, report);
  const nodes = new Map(observed.nodes.map((node) => [node.id, node]));
  const patience = { nowMs: observed.nowMs, barrierWaitMs: desired.barrierWaitMs };
  return {
    desired,
    observed,
    without,
    document,
    reports,
    nodes,
    wished: wishedIds(desired, observed),
    barrier: barrier(document, reports, patience),
  };
}

/**
 * As many as replicas are asked for, none of them to be decommissioned: who has a seat first, then the
 * lowest ordinals. Ids need not be contiguous: with dev-1 decommissioned, three replicas are dev-0, dev-2
 * and dev-3, and they stay so when it may come back, since nobody would gain by moving.
 */
export function wishedIds(desired: Desired, observed: Observed): ReadonlySet<NodeId> {
  const avoided = new Set<NodeId>([...desired.decommission, ...givenUpIds(desired, observed)]);
  const seated = seatedIds(observed);
  const wished = new Set<NodeId>();
  for (let ordinal = 0; seated.size > 0 && ordinal < ORDINALS_MAX; ordinal++) {
    const id = observed.nameOf(ordinal);
    if (seated.delete(id) && !avoided.has(id) && wished.size < desired.replicas) wished.add(id);
  }
  for (let ordinal = 0; wished.size < desired.replicas; ordinal++) {
    const id = observed.nameOf(ordinal);
    if (!avoided.has(id)) wished.add(id);
  }
  return wished;
}

/**
 * Replaced like decommissioned ones, and welcome again as soon as they answer. With a silent member go the
 * names of those who have left: they get no receipt without its word, and a place would stay empty for as long.
 */
function givenUpIds({ replaceAfterMs }: Desired, { document, nodes }: Observed): Set<NodeId> {
  const living = document?.members.filter(({ lost }) => !lost) ?? [];
  const members = new Set(living.map(({ id }) => id));
  const silent = nodes.filter((node) => isGivenUp(node, replaceAfterMs));
  const unstarted = silent.filter(({ id, process }) => process === 'starting' && !members.has(id));
  const first = passedOver(unstarted);
  const given = silent.filter((node) => node === first || !unstarted.includes(node));
  const left = living.filter(({ state }) => state === 'left');
  const others = given.some(({ id }) => members.has(id)) ? left : [];
  return new Set([...given, ...others].map(({ id }) => id));
}

/**
 * Of the newcomers that do not start: the first that has a volume, since that may bind it to a host which is
 * gone. Only one, or each would be followed by the next for as long as what keeps them lasts.
 */
function passedOver(unstarted: readonly ObservedNode[]): ObservedNode | undefined {
  return unstarted.find(({ volume }) => volume !== null);
}

/** True where it has been silent for longer than somebody said to wait. Its volume may still be there. */
export function isGivenUp(node: ObservedNode, replaceAfterMs: number | null): boolean {
  return replaceAfterMs !== null && node.report === null && node.silentMs > replaceAfterMs;
}

/** With holes left by decommissioned ones, ordinals are higher than there are members. */
const ORDINALS_MAX = 4 * MEMBERS_MAX;

function seatedIds({ document }: Observed): Set<NodeId> {
  if (document === null) return new Set();
  const seats = new Set(document.current.seats.map((seat) => seat.incarnation));
  return new Set(
    document.members.filter(({ incarnation }) => seats.has(incarnation)).map(({ id }) => id),
  );
}

/** Wished, and without a seat yet. */
export function newcomersOf({ wished, observed }: World): readonly NodeId[] {
  const seated = seatedIds(observed);
  return [...wished].filter((id) => !seated.has(id));
}

/** Silence of an incarnation in ms; without a node of its own: since the epoch was stored. */
export function silenceMs(world: World, { id, incarnation }: Member): number {
  if (world.reports.has(incarnation)) return 0;
  const node = world.nodes.get(id);
  const sinceMs = world.observed.nowMs - world.document.progress.sinceMs;
  return node === undefined || node.report !== null ? sinceMs : node.silentMs;
}

/** True where the member answers and serves, under whichever epoch. */
export function isUp(world: World, { incarnation, lost }: Member): boolean {
  return !lost && world.reports.get(incarnation)?.serving === true;
}

/**
 * True where the member is up, holds the stored epoch, is not about to stop, and is heard by everybody
 * who is up: to a peer that still thinks it silent it is no copy yet.
 */
export function isWhole(world: World, member: Member): boolean {
  const report = world.reports.get(member.incarnation);
  const isCurrent = report?.draining === false && report.epoch === world.document.epoch;
  return isUp(world, member) && isCurrent && !isSilentToSomebody(world, member);
}

function isSilentToSomebody({ document, reports }: World, { incarnation }: Member): boolean {
  return document.members.some(
    (peer) => reports.get(peer.incarnation)?.silentPeers.includes(incarnation) === true,
  );
}

/** Members that sit on the present ring. */
export function seatedMembers({ document }: World): readonly Member[] {
  return document.current.seats.flatMap((seat) => memberOf(document, seat.incarnation) ?? []);
}

/** Members that own nothing any more and have no receipt yet. */
export function departing({ document }: World): readonly Member[] {
  return document.members.filter(
    (member) =>
      member.state === 'left' && !member.lost && !hasReceipt(document, member.incarnation),
  );
}

/**
 * Of the departing ones those whose time is up (replaceAfterSeconds). Nothing is deleted without their word,
 * and nothing else is waited for: the ring holds every acknowledged write without them (decision 0014).
 */
export function overdue(world: World): readonly Member[] {
  const { desired, nodes, reports } = world;
  return departing(world).filter(({ id, incarnation }) => {
    const node = nodes.get(id);
    return (
      !reports.has(incarnation) && node !== undefined && isGivenUp(node, desired.replaceAfterMs)
    );
  });
}

/**
 * True where every document but the newest is surely known here: more than half of the seats answer, and
 * so did they when a later epoch was made, each under the epoch before it (I2). Lost members tell
 * nothing: where they leave no such majority, all the others must answer. The old ring counts until
 * read-new has ended, the new one from read-new on, since later epochs rest on it alone.
 */
export function mayAuthor({ document, observed, reports }: World): boolean {
  const { phase, current, next } = document;
  const rings = phase === 'read-new' && next !== null ? [current, next] : [current];
  const isLost = (incarnation: Incarnation): boolean =>
    memberOf(document, incarnation)?.lost === true ||
    observed.lostIncarnations.includes(incarnation);
  return rings.every(({ seats }) => {
    const living = seats.filter(({ incarnation }) => !isLost(incarnation));
    const heard = living.filter(({ incarnation }) => reports.has(incarnation));
    return heard.length >= Math.min(living.length, Math.floor(seats.length / 2) + 1);
  });
}

/**
 * The next epoch. While a member does not answer, one number is left out: it may hold a document
 * that a restored store has forgotten, and no epoch may stand for two documents (I2).
 */
export function stampOf({ document, observed, reports }: World): Stamp {
  const heard = document.members.every((m) => m.lost || reports.has(m.incarnation));
  return { nowMs: observed.nowMs, epoch: (document.epoch + (heard ? 1 : 2)) as Epoch };
}

/** For messages: `dev-1 stays`, `dev-1, dev-2 stay`. */
export function they(
  members: readonly { readonly id: NodeId }[],
  verb: string,
  verbOfMany: string,
): string {
  return `${names(members)} ${members.length === 1 ? verb : verbOfMany}`;
}

/** Names of members, for messages. */
export function names(members: readonly { readonly id: NodeId }[]): string {
  return members.map(({ id }) => id).join(', ');
}
