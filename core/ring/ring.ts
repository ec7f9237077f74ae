// The ring at one epoch: which seats hold which slot. Computed once per assignment, then read.
import type { Incarnation, Slot } from '../api/ids.ts';
import type { Assignment } from '../api/ring-document.ts';
import { assert } from '../assert.ts';
import { walkRule, walkSlot } from './walk.ts';

/** All replica sets: row `slot` of `seats` holds `width` indices into the seats, owner first. */
export interface ReplicaTable {
  readonly slots: number;
  /** min(N, seats): every slot has that many distinct members (I9). */
  readonly width: number;
  /** slots × width. Never written after it is made. */
  readonly seats: Uint16Array;
}

const tables = new WeakMap<Assignment, ReplicaTable>();

/** The replica table; made at the first call and kept for as long as the assignment lives. */
export function replicaTable(assignment: Assignment): ReplicaTable {
  let table = tables.get(assignment);
  if (table === undefined) {
    table = assignment.layout.kind === 'flat' ? flatTable(assignment) : zonedTable(assignment);
    tables.set(assignment, table);
  }
  return table;
}

/** The members of the slot's replica set, owner first; min(N, seats) distinct ones (I9). */
export function replicaSet(assignment: Assignment, slot: Slot): readonly Incarnation[] {
  const { width, seats } = replicaTable(assignment);
  const set: Incarnation[] = [];
  for (let at = slot * width; at < (slot + 1) * width; at++) {
    set.push(assignment.seats[seats[at]!]!.incarnation);
  }
  return set;
}

/** True when the incarnation belongs to the slot's replica set. */
export function holdsSlot(assignment: Assignment, slot: Slot, incarnation: Incarnation): boolean {
  const { width, seats } = replicaTable(assignment);
  for (let at = slot * width; at < (slot + 1) * width; at++) {
    if (assignment.seats[seats[at]!]!.incarnation === incarnation) return true;
  }
  return false;
}

/** log2 of the number of slots. */
export function slotBitsOf(assignment: Assignment): number {
  return 31 - Math.clz32(assignment.owners[0]!.length);
}

function flatTable({ owners, seats, replicationFactor }: Assignment): ReplicaTable {
  const rule = walkRule(
    seats.map((seat) => seat.zone),
    replicationFactor,
  );
  const slots = owners[0]!.length;
  const table = new Uint16Array(slots * rule.width);
  for (let slot = 0; slot < slots; slot++) walkSlot(rule, owners[0]!, table, slot);
  return { slots, width: rule.width, seats: table };
}

/** Slot s uses N consecutive arrays from s mod zones: distinct zones, so distinct members (I9). */
function zonedTable({ owners, replicationFactor }: Assignment): ReplicaTable {
  const width = replicationFactor,
    slots = owners[0]!.length;
  assert(owners.length >= width, `zoned layout: ${owners.length} zones for N=${width}`);
  const table = new Uint16Array(slots * width);
  for (let slot = 0; slot < slots; slot++) {
    for (let nth = 0; nth < width; nth++) {
      table[slot * width + nth] = owners[(slot + nth) % owners.length]![slot]!;
    }
  }
  return { slots, width, seats: table };
}
