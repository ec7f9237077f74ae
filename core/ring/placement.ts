// The preference list: where a slot's writes go when its replica set is not all there.
import type { Incarnation, Slot } from '../api/ids.ts';
import type { Assignment } from '../api/ring-document.ts';
import { replicaTable } from './ring.ts';

const lists = new WeakMap<Assignment, Map<Slot, readonly Incarnation[]>>();

/**
 * The replica set, owner first, then every other seat once: those of the following slots' sets in
 * clockwise order, and last, in seat order, seats that hold nothing.
 */
export function preferenceList(assignment: Assignment, slot: Slot): readonly Incarnation[] {
  let ofSlots = lists.get(assignment);
  if (ofSlots === undefined) {
    ofSlots = new Map<Slot, readonly Incarnation[]>();
    lists.set(assignment, ofSlots);
  }
  let list = ofSlots.get(slot);
  if (list === undefined) {
    list = walkOn(assignment, slot);
    ofSlots.set(slot, list);
  }
  return list;
}

/** One turn around the replica table, from the slot's own row on. */
function walkOn(assignment: Assignment, slot: Slot): readonly Incarnation[] {
  const { slots, width, seats } = replicaTable(assignment);
  const met = new Set<number>();
  const cells = slots * width;
  for (let at = 0; at < cells && met.size < assignment.seats.length; at++) {
    met.add(seats[(slot * width + at) % cells]!);
  }
  for (let seat = 0; seat < assignment.seats.length; seat++) met.add(seat);
  return Array.from(met, (seat) => assignment.seats[seat]!.incarnation);
}
