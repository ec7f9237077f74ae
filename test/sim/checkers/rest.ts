// Judges whether the ring is at rest: I8 (replicas equal, hints drained, changes finished, losers
// cleaned up) and that what the user asks for is what there is.
import type { Incarnation, NodeId } from '../../../core/api/ids.ts';
import type { KeyRecord } from '../../../core/api/object.ts';
import type { Member, RingDocument } from '../../../core/api/ring-document.ts';
import { slotSets } from '../../../core/membership/document.ts';
import { sameVersions } from '../../../core/version/siblings.ts';
import type { WaitReason } from '../../../operator/planner/actions.ts';
import type { Plan } from '../../../operator/planner/plan.ts';
import type { Desired } from '../../../operator/planner/observed.ts';
import type { Machine } from '../machine.ts';

/** Wishes that the operator may refuse for good. */
const REFUSALS: ReadonlySet<WaitReason> = new Set(['ZoneRuleBroken', 'BelowReplicationFactor']);

/** Nobody is away. */
const NOBODY: ReadonlySet<NodeId> = new Set();

/**
 * Why the ring is not at rest yet; null: it is. Of nodes that are `away` only that is asked which needs
 * nobody's proof: they have no seats. They stay named, and leavers and clean-up wait for their word.
 */
export function unrest(
  document: RingDocument | null,
  desired: Desired,
  machines: readonly Machine[],
  plan: Plan | null,
  away: ReadonlySet<NodeId> = NOBODY,
): string | null {
  if (plan === null || plan.action.kind !== 'none')
    return `the operator is about to ${plan?.action.kind ?? 'start'}`;
  const isRefused = plan.waits.some((wait) => REFUSALS.has(wait.reason));
  const awaited = document?.members.filter(({ id, lost }) => away.has(id) && !lost) ?? [];
  const present = machines.filter(({ id }) => !away.has(id));
  if (document === null) return 'no document is stored';
  if (document.phase !== 'stable') return `epoch ${document.epoch} is still ${document.phase}`;
  if (awaited.length > 0) {
    const seats = document.current.seats.length;
    if (seats !== desired.replicas && !isRefused)
      return `there are ${seats} seats, ${desired.replicas} are wanted`;
    return unrestWithout(awaited, document, present, plan);
  }
  const wrong =
    unrestOfMembers(document, desired, isRefused) ?? unrestOfNodes(document, desired, present);
  return wrong ?? unrestOfSlots(document, present, true);
}

/** Their word is waited for before anything is deleted; the ring that is wanted must stand, and each of its copies live. */
function unrestWithout(
  awaited: readonly Member[],
  document: RingDocument,
  present: readonly Machine[],
  plan: Plan,
): string | null {
  const seated = awaited.find(({ state }) => state !== 'left');
  if (seated !== undefined) return `${seated.id}, which is away, is still ${seated.state}`;
  const untold = awaited.find(({ id }) => !plan.waits.some(({ nodes }) => nodes.includes(id)));
  if (untold !== undefined) return `no wait names ${untold.id}, which is away`;
  for (const member of document.members) {
    if (awaited.includes(member)) continue;
    if (member.lost) return `${member.id} is lost`;
    const wrong = unrestOfNode(member, document, present);
    if (wrong !== null) return wrong;
  }
  return unrestOfSlots(document, present, false);
}

function unrestOfMembers(
  document: RingDocument,
  desired: Desired,
  isRefused: boolean,
): string | null {
  const serving = document.members.filter((member) => member.state === 'serving' && !member.lost);
  if (serving.length !== desired.replicas && !isRefused)
    return `${serving.length} members serve, ${desired.replicas} are wanted`;
  if (document.members.length !== serving.length) {
    const others = document.members.filter((member) => !serving.includes(member));
    return `the document still names ${others.map((m) => `${m.id} ${m.lost ? 'lost' : m.state}`).join(', ')}`;
  }
  if (document.uncleaned.length > 0)
    return `${document.uncleaned.join(', ')} have not confirmed their clean-up`;
  const { replicationFactor, readQuorum, writeQuorum } = document.current;
  if (isRefused) return null;
  if (
    replicationFactor !== desired.replicationFactor ||
    readQuorum !== desired.readQuorum ||
    writeQuorum !== desired.writeQuorum
  )
    return 'N, R and W are not what is wanted';
  return null;
}

function unrestOfNodes(
  document: RingDocument,
  desired: Desired,
  machines: readonly Machine[],
): string | null {
  for (const member of document.members) {
    const wrong = unrestOfNode(member, document, machines);
    if (wrong !== null) return wrong;
    const machine = machineOf(member, machines)!;
    if (machine.volume.durable.corrupt.size > 0) return `${member.id} holds damaged records`;
    const { uncleanSlots } = machine.report()!;
    if (uncleanSlots > 0) return `${member.id} has ${uncleanSlots} slots to clean up`;
  }
  for (const machine of machines) {
    if (machine.revision !== desired.revision)
      return `${machine.id} runs ${machine.revision}, not ${desired.revision}`;
    if (!document.members.some((member) => member.id === machine.id))
      return `${machine.id} is left over`;
  }
  return null;
}

const machineOf = (member: Member, machines: readonly Machine[]): Machine | undefined =>
  machines.find((machine) => machine.incarnation === member.incarnation);

/** Clean-up apart. */
function unrestOfNode(
  member: Member,
  document: RingDocument,
  machines: readonly Machine[],
): string | null {
  const machine = machineOf(member, machines);
  if (machine === undefined) return `${member.id} ${member.incarnation} does not run`;
  const report = machine.report();
  if (machine.draining) return `${member.id} is about to stop`;
  if (report === null || !report.serving) return `${member.id} does not serve`;
  if (report.epoch !== document.epoch)
    return `${member.id} is at epoch ${report.epoch}, not ${document.epoch}`;
  if (report.hints.items > 0) return `${member.id} holds ${report.hints.items} hints`;
  if (machine.volume.applied.hints.size > 0)
    return `${member.id} stores hints that it does not report`;
  return null;
}

/** `isClean`: also, nobody holds what it lost. */
function unrestOfSlots(
  document: RingDocument,
  machines: readonly Machine[],
  isClean: boolean,
): string | null {
  const byIncarnation = new Map<Incarnation, Machine>();
  for (const machine of machines)
    if (machine.incarnation !== null) byIncarnation.set(machine.incarnation, machine);
  const used = new Set<number>();
  for (const machine of machines)
    for (const slot of machine.volume.applied.slots.keys()) used.add(slot);
  for (const slot of used) {
    const { members } = slotSets(document, slot).reads;
    let first: readonly KeyRecord[] | null = null;
    for (const [own, machine] of byIncarnation) {
      const records = machine.volume.applied.slots.get(slot) ?? [];
      if (!members.includes(own)) {
        if (isClean && records.length > 0)
          return `${machine.id} holds ${records.length} records of slot ${slot}, which it lost`;
        continue;
      }
      // In a slot that it lost, one is a copy less to clean up.
      if (records.some(({ key }) => machine.volume.durable.corrupt.has(key.text)))
        return `${machine.id} holds damaged records of slot ${slot}`;
      if (first === null) first = records;
      else if (!sameRecords(first, records))
        return `the replicas of slot ${slot} differ (${machine.id})`;
    }
  }
  return null;
}

function sameRecords(a: readonly KeyRecord[], b: readonly KeyRecord[]): boolean {
  return (
    a.length === b.length &&
    a.every(
      (record, i) =>
        record.key.text === b[i]!.key.text && sameVersions(record.object, b[i]!.object),
    )
  );
}
