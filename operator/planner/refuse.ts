// Every reason why a scale-in must wait, each with what would unblock it (operator.md §2). Raising
// replicas again always unblocks: then nothing asks for it any more.
import { DISK_RESERVE_BYTES } from '../../core/limits.ts';
import type { Incarnation, NodeId } from '../../core/api/ids.ts';
import type { Member } from '../../core/api/ring-document.ts';
import { nextAssignment } from '../../core/membership/change.ts';
import { memberOf } from '../../core/membership/document.ts';
import { replicaTable } from '../../core/ring/ring.ts';
import type { Wait } from './actions.ts';
import { livingLeavers } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { movesOf } from './forecast.ts';
import { outdated } from './upgrade.ts';
import { wait } from './verdict.ts';
import { departing, isWhole, names, overdue, seatedMembers, they } from './world.ts';
import type { World } from './world.ts';

type Refusal = (world: World, candidate: Candidate) => Wait | null;

/** All reasons that hold now, in the order in which a person would want to know them. */
export function refusals(world: World, candidate: Candidate): readonly Wait[] {
  return REFUSALS.flatMap((refusal) => refusal(world, candidate) ?? []);
}

const OR_RAISE = 'or raise replicas again';

/** Whoever is on the way may be just what is missing: that is no stall yet. */
function untilTheyCome({ leavers, pending }: Candidate): Wait | null {
  const coming = pending.filter(({ why }) => why === 'starting' || why === 'cleaning');
  if (coming.length === 0) return null;
  return wait(
    'NodesStarting',
    `${they(leavers, 'stays', 'stay')} until ${names(coming)} can take their slots`,
    'They start by themselves; see their logs where they do not',
    coming.map(({ id }) => id),
  );
}

const belowReplicationFactor: Refusal = (_world, candidate) => {
  const { replicationFactor, seats, pending } = candidate;
  if (livingLeavers(candidate).size === 0 || seats.length >= replicationFactor) return null;
  const later =
    seats.length + pending.length >= replicationFactor ? untilTheyCome(candidate) : null;
  return (
    later ??
    wait(
      'BelowReplicationFactor',
      `${seats.length} members cannot hold ${replicationFactor} copies of each key`,
      `Ask for at least ${replicationFactor} replicas, or lower replicationFactor first`,
    )
  );
};

const zoneRuleBroken: Refusal = (world, candidate) => {
  const left = new Set(candidate.seats.map((seat) => seat.zone));
  const before = new Set(world.document.current.seats.map((seat) => seat.zone));
  // A zone that a joiner opens is as good as the one that is given up.
  if (left.size >= before.size) return null;
  const emptied = [...before].filter((zone) => !left.has(zone));
  return (
    untilTheyCome(candidate) ??
    wait(
      'ZoneRuleBroken',
      `Nobody would be left in zone ${emptied.join(', ')}`,
      `Decommission members of other zones instead, ${OR_RAISE}`,
      candidate.leavers.map(({ id }) => id),
    )
  );
};

const underReplicated: Refusal = (world, candidate) => {
  const { document } = world;
  const leavers = livingLeavers(candidate);
  const table = replicaTable(document.current);
  const dead = document.current.seats.map((seat) => !living(world, seat.incarnation));
  if (!dead.includes(true)) return null;
  const leaves = document.current.seats.map((seat) => leavers.has(seat.incarnation));
  const fallsN = candidate.replicationFactor < document.current.replicationFactor;
  let slots = 0;
  for (let slot = 0; slot < table.slots; slot++) {
    const set = table.seats.subarray(slot * table.width, (slot + 1) * table.width);
    if (set.some((seat) => dead[seat]) && (fallsN || set.some((seat) => leaves[seat]))) slots += 1;
  }
  if (slots === 0) return null;
  return wait(
    'UnderReplicated',
    `${slots} slots of the leavers have fewer live copies than they should`,
    `Bring the missing copies back, ${OR_RAISE}`,
  );
};

const memberUnreachable: Refusal = (world) => {
  const late = overdue(world);
  const silent = [...seatedMembers(world), ...departing(world)].filter(
    (member) => !member.lost && !world.reports.has(member.incarnation) && !late.includes(member),
  );
  if (silent.length === 0) return null;
  const left = silent.filter(({ state }) => state === 'left');
  const owing =
    left.length === 0 ? '' : `; ${names(left)} had left without handing everything over`;
  return wait(
    'MemberUnreachable',
    `${they(silent, 'does', 'do')} not answer${owing}`,
    `Start them again or remove their volumes for good, ${OR_RAISE}`,
    ids(silent),
  );
};

const documentUnknown: Refusal = (world) => {
  const behind = seatedMembers(world).filter(({ incarnation }) => {
    const report = world.reports.get(incarnation);
    return report !== undefined && (report.epoch !== world.document.epoch || !report.serving);
  });
  if (behind.length === 0) return null;
  return wait(
    'DocumentUnknown',
    `${they(behind, 'has', 'have')} not adopted the stored ring document`,
    `They are given it as soon as they answer, ${OR_RAISE}`,
    ids(behind),
  );
};

const rebuildInProgress: Refusal = (world, candidate) => {
  const lost = seatedMembers(world).filter((member) => member.lost);
  const replaced = lost.filter(
    (member) =>
      candidate.seats.some((s) => s.incarnation === member.incarnation) ||
      candidate.joiners.some((joiner) => joiner.id === member.id),
  );
  if (replaced.length === 0) return null;
  return wait(
    'RebuildInProgress',
    `${they(replaced, 'lost its volume and is', 'lost their volumes and are')} rebuilt first`,
    `It ends by itself once their nodes are up, ${OR_RAISE}`,
    ids(replaced),
  );
};

const operationInFlight: Refusal = (world) => {
  const { document, reports } = world;
  // Who must acknowledge first and lets everybody wait for too long holds up nothing but their clean-up.
  const isHeldUp =
    overdue(world).length > 0 && document.progress.fullBarrier < (document.settled?.epoch ?? 0);
  if (isHeldUp) return null;
  const uncleaned = document.uncleaned.flatMap(
    (incarnation) => memberOf(document, incarnation) ?? [],
  );
  const answering = [...departing(world), ...uncleaned].filter((m) => reports.has(m.incarnation));
  const busy = [...new Set(ids(answering))];
  if (busy.length === 0) return null;
  return wait(
    'OperationInFlight',
    `${busy.join(', ')} still clean up after the last change`,
    `It ends by itself, ${OR_RAISE}`,
    busy,
  );
};

const hintsOutstanding: Refusal = (world) => {
  const holders = seatedMembers(world).filter(
    (m) => (world.reports.get(m.incarnation)?.hints.items ?? 0) > 0,
  );
  if (holders.length === 0) return null;
  return wait(
    'HintsOutstanding',
    `${they(holders, 'keeps', 'keep')} writes for members that were away`,
    `They are delivered by themselves once those answer, ${OR_RAISE}`,
    ids(holders),
  );
};

const rolloutFailing: Refusal = (world) => {
  const { desired, nodes } = world;
  const failed = seatedMembers(world).filter(
    (member) => nodes.get(member.id)?.revision === desired.revision && !isWhole(world, member),
  );
  if (failed.length === 0 || outdated(world).length === 0) return null;
  return wait(
    'RolloutFailing',
    `${names(failed)} did not come up with revision ${desired.revision}`,
    `Correct the revision or go back to the one before, ${OR_RAISE}`,
    ids(failed),
  );
};

const digestMismatch: Refusal = (world) => {
  const unequal = seatedMembers(world).filter(
    (m) => (world.reports.get(m.incarnation)?.unequalSlots ?? 0) > 0,
  );
  if (unequal.length === 0) return null;
  return wait(
    'DigestMismatch',
    `${they(unequal, 'has', 'have')} slots that differ from those of co-replicas`,
    `Anti-entropy settles them by itself, ${OR_RAISE}`,
    ids(unequal),
  );
};

/** A new owner would pass its disk limit: judged for each actual new owner, not for all. */
export const diskRefusal: Refusal = (world, candidate) => {
  const { document, reports, observed } = world;
  const full: NodeId[] = [];
  if (candidate.seats.length === 0) return null;
  const moves = movesOf(document.current, nextAssignment(document, candidate), observed.loads);
  for (const [incarnation, { gets }] of moves) {
    const report = reports.get(incarnation);
    if (report === undefined || gets.slots === 0) continue;
    const room = report.diskFreeBytes - DISK_RESERVE_BYTES;
    if (report.diskFull || gets.bytes > Math.max(0, room)) full.push(report.id);
  }
  if (full.length === 0) return null;
  return wait(
    'DiskWouldFill',
    `The disks of ${full.join(', ')} have no room for what they would get`,
    `Give them larger volumes, ${OR_RAISE}`,
    full,
  );
};

const REFUSALS: readonly Refusal[] = [
  belowReplicationFactor,
  zoneRuleBroken,
  rebuildInProgress,
  underReplicated,
  memberUnreachable,
  documentUnknown,
  rolloutFailing,
  operationInFlight,
  hintsOutstanding,
  digestMismatch,
  diskRefusal,
];

function living(world: World, incarnation: Incarnation): boolean {
  const member = memberOf(world.document, incarnation);
  return member !== undefined && isWhole(world, member);
}

const ids = (members: readonly Member[]): NodeId[] => members.map(({ id }) => id);
