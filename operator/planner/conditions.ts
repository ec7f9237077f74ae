// Status conditions (operator.md §3) from the facts of one pass and what the planner made of them.
import type { Slot } from '../../core/api/ids.ts';
import type { Member } from '../../core/api/ring-document.ts';
import { memberOf } from '../../core/membership/document.ts';
import { seated } from '../../core/membership/upkeep.ts';
import { replicaTable } from '../../core/ring/ring.ts';
import type { Wait, WaitReason } from './actions.ts';
import type { Verdict } from './verdict.ts';
import { outdated } from './upgrade.ts';
import { isUp, names, seatedMembers } from './world.ts';
import type { World } from './world.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** Waits that end by themselves; everything else stalls the cluster. */
const PASSING: ReadonlySet<WaitReason> = new Set<WaitReason>([
  'NodesStarting',
  'StreamsRunning',
  'CleanUpRunning',
  'OperationInFlight',
  'RebuildInProgress',
  'HintsOutstanding',
  'Paused',
]);

/** Conditions while no ring exists. */
export function foundingConditions({ waits }: Verdict): readonly Condition[] {
  const first = waits[0];
  const unknown = ['RingConverged', 'ReplicationSatisfied'].map((type): Condition => ({
    type,
    status: 'Unknown',
    reason: 'NoRing',
    message: 'The ring document is not known yet',
  }));
  return [
    condition(
      'Ready',
      false,
      first?.reason ?? 'Founding',
      first?.message ?? 'The ring is being founded',
    ),
    condition('Reconciling', true, 'Founding', first?.message ?? 'The ring is being founded'),
    condition(
      'Stalled',
      first !== undefined && !PASSING.has(first.reason),
      first?.reason ?? 'Founding',
      first?.message ?? '',
    ),
    ...unknown,
  ];
}

/** Conditions of a ring, in a fixed order. */
export function conditionsOf(world: World, { action, waits }: Verdict): readonly Condition[] {
  const { document, desired, barrier } = world;
  const members = seatedMembers(world);
  const broken = members.filter((member) => !isUp(world, member));
  const acting = action !== null && action.kind !== 'none';
  const moving = acting || document.phase !== 'stable' || waits.some((w) => w.reason !== 'Paused');
  const stalling = waits.filter(
    (w) =>
      !PASSING.has(w.reason) && !(w.reason === 'BarrierPending' && barrier.verdict === 'waiting'),
  );
  const scaling = scalingOf(world);
  const refusal = waits.find((w) => REFUSING.has(w.reason));
  const first = stalling[0] ?? waits[0];
  return [
    ready(world),
    condition(
      'Reconciling',
      moving,
      moving ? (first?.reason ?? 'Acting') : 'Converged',
      first?.message ?? '',
    ),
    condition(
      'Stalled',
      stalling.length > 0 && !acting,
      stalling[0]?.reason ?? 'NotStalled',
      stalling[0] === undefined ? '' : `${stalling[0].message}. ${stalling[0].unblock}`,
    ),
    condition(
      'RingConverged',
      document.phase === 'stable' && barrier.verdict === 'full' && document.uncleaned.length === 0,
      document.phase === 'stable' ? 'Stable' : 'ChangeUnderWay',
      document.change?.summary ?? `epoch ${document.epoch}`,
    ),
    replication(world, broken),
    condition('ScalingOut', scaling.out, scaling.out ? 'NodesJoining' : 'AtSize', ''),
    condition('ScalingIn', scaling.in, scaling.in ? 'NodesLeaving' : 'AtSize', ''),
    condition(
      'ScaleInBlocked',
      scaling.wantsIn && refusal !== undefined,
      refusal?.reason ?? 'NotBlocked',
      refusal === undefined ? '' : `${refusal.message}. ${refusal.unblock}`,
    ),
    condition(
      'RollingOut',
      outdated(world).length > 0,
      outdated(world).length > 0 ? 'OldRevisions' : 'UpToDate',
      names(outdated(world)),
    ),
    condition('Paused', desired.paused, desired.paused ? 'Asked' : 'NotAsked', ''),
    dataLoss(world),
  ];
}

const REFUSING: ReadonlySet<WaitReason> = new Set<WaitReason>([
  'BelowReplicationFactor',
  'ZoneRuleBroken',
  'UnderReplicated',
  'DiskWouldFill',
  'MemberUnreachable',
  'HintsOutstanding',
  'OperationInFlight',
  'RebuildInProgress',
  'RolloutFailing',
  'DigestMismatch',
  'DocumentUnknown',
  'Paused',
  'BarrierPending',
]);

function scalingOf({ document, wished }: World) {
  const joining = document.members.some((member) => member.state === 'joining');
  const leaving = document.members.some((m) => m.state === 'leaving' || m.state === 'left');
  const serving = new Set(
    document.members.filter((m) => seated(document, m.incarnation)).map((m) => m.id),
  );
  const wantsIn = [...serving].some((id) => !wished.has(id));
  return {
    out: joining || [...wished].some((id) => !serving.has(id)),
    in: leaving || wantsIn,
    wantsIn,
  };
}

/** Ready: every slot can be read and written. */
function ready(world: World): Condition {
  const { readQuorum, writeQuorum } = world.document.current;
  const short = slotsWhere(
    world,
    (set) => set.filter(Boolean).length < Math.min(Math.max(readQuorum, writeQuorum), set.length),
  );
  return short.length === 0
    ? condition('Ready', true, 'QuorumsHold', 'Every slot can be read and written')
    : condition(
        'Ready',
        false,
        'QuorumLost',
        `${short.length} slots have no quorum: ${ranges(short)}`,
      );
}

function replication(world: World, broken: readonly Member[]): Condition {
  const { replicationFactor, seats } = world.document.current;
  if (seats.length < replicationFactor) {
    return condition(
      'ReplicationSatisfied',
      false,
      'TooFewMembers',
      `${seats.length} members cannot hold ${replicationFactor} copies`,
    );
  }
  return condition(
    'ReplicationSatisfied',
    broken.length === 0,
    broken.length === 0 ? 'AllCopiesLive' : 'CopiesMissing',
    broken.length === 0 ? '' : `The copies on ${names(broken)} are not available`,
  );
}

/** R6: so many members of a set are lost that an acknowledged write may have been on them alone. */
function dataLoss(world: World): Condition {
  const { current } = world.document;
  const lost = current.seats.map(
    (seat) => memberOf(world.document, seat.incarnation)?.lost ?? false,
  );
  const slots: Slot[] = [];
  if (lost.includes(true)) {
    const { width, seats, slots: count } = replicaTable(current);
    const needed = width - Math.min(current.writeQuorum, width) + 1;
    for (let slot = 0; slot < count; slot++) {
      const set = seats.subarray(slot * width, (slot + 1) * width);
      if (set.filter((seat) => !lost[seat]).length < needed) slots.push(slot);
    }
  }
  return condition(
    'DataLossPossible',
    slots.length > 0,
    slots.length > 0 ? 'TooManyVolumesLost' : 'EnoughCopies',
    slots.length > 0
      ? `Slots ${ranges(slots)} lost so many copies that acknowledged writes may be gone`
      : '',
  );
}

function slotsWhere(world: World, claim: (alive: boolean[]) => boolean): Slot[] {
  const { current } = world.document;
  const alive = seatedMembers(world).map((member) => isUp(world, member));
  if (!alive.includes(false)) return [];
  const { width, seats, slots } = replicaTable(current);
  return Array.from({ length: slots }, (_, slot) => slot).filter((slot) =>
    claim(Array.from(seats.subarray(slot * width, (slot + 1) * width), (seat) => alive[seat]!)),
  );
}

/** `0-3, 7`: ascending slots as ranges, at most 8 of them. */
export function ranges(slots: readonly Slot[]): string {
  const parts: string[] = [];
  for (let i = 0; i < slots.length; i++) {
    const first = slots[i]!;
    while (slots[i + 1] === slots[i]! + 1) i += 1;
    parts.push(first === slots[i] ? `${first}` : `${first}-${slots[i]}`);
  }
  return parts.length > 8
    ? `${parts.slice(0, 8).join(', ')} and ${parts.length - 8} more ranges`
    : parts.join(', ');
}

function condition(type: string, holds: boolean, reason: string, message: string): Condition {
  return { type, status: holds ? 'True' : 'False', reason, message };
}

/** What a stalled cluster says in one line: for logs and the command line. */
export function explain({ reason, message, unblock }: Wait): string {
  return `${reason}: ${message}. ${unblock}.`;
}
