// The ring document's reading side: which sets a slot has in each phase (protocol §3, table; I3),
// which of two documents is newer, and whether one is a ring at all (I9).
import type { Epoch, Incarnation, Slot } from '../api/ids.ts';
import type { Assignment, Member, RingDocument } from '../api/ring-document.ts';
import { replicaTable, slotBitsOf } from '../ring/ring.ts';

export { decodeDocument, documentHash, encodeDocument } from './encoding.ts';

/** One set of replicas and how many of it must answer: min(R, size) and min(W, size) (protocol §1). */
export interface ReplicaSet {
  readonly members: readonly Incarnation[];
  readonly read: number;
  readonly write: number;
}

/** The sets that a write must satisfy, each on its own, and the one that reads ask. */
export interface SlotSets {
  readonly writes: readonly ReplicaSet[];
  readonly reads: ReplicaSet;
  /** The union of all sets, without repetition; the read set's members come first. */
  readonly everyone: readonly Incarnation[];
}

const setsOf = new WeakMap<RingDocument, (SlotSets | undefined)[]>();

/** The sets of a slot in this document's phase; computed once per document and slot. */
export function slotSets(document: RingDocument, slot: Slot): SlotSets {
  let known = setsOf.get(document);
  if (known === undefined) {
    known = new Array<SlotSets | undefined>(1 << document.slotBits).fill(undefined);
    setsOf.set(document, known);
  }
  return (known[slot] ??= computeSets(document, slot));
}

function computeSets(document: RingDocument, slot: Slot): SlotSets {
  const current = setIn(document.current, slot);
  if (document.next === null)
    return { writes: [current], reads: current, everyone: current.members };
  const next = setIn(document.next, slot);
  // A slot whose set and quorums stay the same is untouched by the change (R4 refuses nothing there).
  if (sameSet(current, next))
    return { writes: [current], reads: current, everyone: current.members };
  const reads = document.phase === 'read-new' ? next : current;
  const other = reads === next ? current : next;
  const everyone = [...reads.members, ...other.members.filter((m) => !reads.members.includes(m))];
  return { writes: [current, next], reads, everyone };
}

function setIn(assignment: Assignment, slot: Slot): ReplicaSet {
  const table = replicaTable(assignment);
  const members: Incarnation[] = [];
  for (let i = slot * table.width; i < (slot + 1) * table.width; i++) {
    members.push(assignment.seats[table.seats[i]!]!.incarnation);
  }
  return {
    members,
    read: Math.min(assignment.readQuorum, members.length),
    write: Math.min(assignment.writeQuorum, members.length),
  };
}

/** Equal members in any order and equal quorums: nothing that a coordinator does differs. */
function sameSet(a: ReplicaSet, b: ReplicaSet): boolean {
  return (
    a.read === b.read &&
    a.write === b.write &&
    a.members.length === b.members.length &&
    a.members.every((member) => b.members.includes(member))
  );
}

/** True where a coordinator that planned under `before` would act differently under `after` (R4). */
export function setsDiffer(before: SlotSets, after: SlotSets): boolean {
  return (
    before.writes.length !== after.writes.length ||
    !sameSet(before.reads, after.reads) ||
    before.writes.some((set, i) => !sameSet(set, after.writes[i]!))
  );
}

/** The sets that a write must satisfy: one in phase stable, two during a change where they differ. */
export function writeSets(document: RingDocument, slot: Slot): readonly (readonly Incarnation[])[] {
  return slotSets(document, slot).writes.map((set) => set.members);
}

/** The set that a read asks. */
export function readSet(document: RingDocument, slot: Slot): readonly Incarnation[] {
  return slotSets(document, slot).reads.members;
}

const membersOf = new WeakMap<RingDocument, ReadonlyMap<Incarnation, Member>>();

/** The member entry of an incarnation; undefined: the document does not name it (I5). */
export function memberOf(document: RingDocument, incarnation: Incarnation): Member | undefined {
  let known = membersOf.get(document);
  if (known === undefined) {
    known = new Map(document.members.map((member) => [member.incarnation, member]));
    membersOf.set(document, known);
  }
  return known.get(incarnation);
}

/** True where `a` has a higher epoch, or the same one with more progress. Hashes are the caller's to compare. */
export function isNewer(a: RingDocument, b: RingDocument | null): boolean {
  if (b === null || a.epoch !== b.epoch) return a.epoch > (b?.epoch ?? 0);
  return a.progress.fullBarrier > b.progress.fullBarrier;
}

/** What is wrong with a document, in words; empty: it is one ring (I9; Zave 2016). */
export function checkDocument(document: RingDocument): string[] {
  const wrong: string[] = [];
  if (document.epoch < 1) wrong.push(`epoch ${document.epoch} is below 1`);
  const changing = document.phase !== 'stable';
  if (changing !== (document.next !== null))
    wrong.push(`phase ${document.phase} does not fit next`);
  if (changing !== (document.change !== null))
    wrong.push(`phase ${document.phase} does not fit change`);
  if (new Set(document.members.map((m) => m.incarnation)).size !== document.members.length) {
    wrong.push('an incarnation stands twice among the members');
  }
  wrong.push(...checkAssignment(document, document.current, 'current'));
  if (document.next !== null) wrong.push(...checkAssignment(document, document.next, 'next'));
  return wrong;
}

function checkAssignment(document: RingDocument, assignment: Assignment, name: string): string[] {
  const wrong: string[] = [];
  for (const { incarnation } of assignment.seats) {
    if (memberOf(document, incarnation) === undefined)
      wrong.push(`${name} seats ${incarnation}, no member`);
  }
  let known = checked.get(assignment);
  if (known === undefined) checked.set(assignment, (known = checkRing(assignment)));
  wrong.push(...known.map((what) => `${name} ${what}`));
  if (known.length === 0 && slotBitsOf(assignment) !== document.slotBits) {
    wrong.push(`${name} has ${1 << slotBitsOf(assignment)} slots, not ${1 << document.slotBits}`);
  }
  return wrong;
}

/** Assignments are never written after they are made: one check serves every document that holds one. */
const checked = new WeakMap<Assignment, readonly string[]>();

function checkRing(assignment: Assignment): string[] {
  const { seats, owners, layout } = assignment;
  if (seats.length === 0) return ['has no seats'];
  if (new Set(seats.map((seat) => seat.incarnation)).size !== seats.length)
    return ['has a member in two seats'];
  const { replicationFactor, readQuorum, writeQuorum } = assignment;
  if (replicationFactor < 1 || Math.min(readQuorum, writeQuorum) < 1)
    return ['has N, R or W below 1'];
  const arrays = layout.kind === 'flat' ? 1 : layout.zones.length;
  if (owners.length !== arrays) return [`has ${owners.length} owner arrays, not ${arrays}`];
  const slots = owners[0]!.length;
  if (
    slots === 0 ||
    (slots & (slots - 1)) !== 0 ||
    owners.some((array) => array.length !== slots)
  ) {
    return ['does not own each slot once'];
  }
  if (owners.some((array) => array.some((seat) => seat >= seats.length)))
    return ['has an owner without a seat'];
  const table = replicaTable(assignment);
  const width = Math.min(replicationFactor, seats.length);
  if (table.width !== width) return [`has sets of ${table.width}, not ${width}`];
  const zonesWanted = Math.min(width, new Set(seats.map((seat) => seat.zone)).size);
  const wrong: string[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const set = table.seats.subarray(slot * width, (slot + 1) * width);
    if (new Set(set).size !== width) wrong.push(`slot ${slot} has a member twice`);
    const zones = new Set(Array.from(set, (seat) => seats[seat]!.zone)).size;
    if (zones < zonesWanted) wrong.push(`slot ${slot} lies in ${zones} zones, not ${zonesWanted}`);
  }
  return wrong;
}

/** The epoch after this one (R1). */
export function epochAfter(document: RingDocument): Epoch {
  return (document.epoch + 1) as Epoch;
}
