// The fault budget (protocol §7): which copy may be destroyed so that every acknowledged write can
// survive it. Stated in full here, since I1 holds within it and nowhere else.
import type { Incarnation, Slot } from '../../core/api/ids.ts';
import type { Assignment, RingDocument } from '../../core/api/ring-document.ts';
import { memberOf, slotSets, type ReplicaSet } from '../../core/membership/document.ts';
import type { Machine } from './machine.ts';
import type { World } from './world.ts';

/**
 * True where a copy (the record of a key, or with null the whole volume) may be destroyed:
 *
 * 1. one at a time: no earlier loss is still to be rebuilt, no damaged record to be healed;
 * 2. every write in flight will have two copies, and every acknowledged one stays readable without
 *    this one, judged by the set that decides: the old one in write-both, since demand may go back at
 *    any instant; from read-new on the poorer of both;
 * 3. all this under the newest document that was ever stored: an older one in a restored store says
 *    nothing about where the copies are.
 *
 * Beyond it, `isTakenOver`: a volume with the only copies of one of two sets, where the other one holds
 * every write.
 */
export function mayDestroy(world: World, machine: Machine, keyText: string | null): boolean {
  if (world.setting.disaster) return true;
  const own = machine.volume.identity?.incarnation;
  const { document, written } = world.store;
  if (document === null || own === undefined || isLossPending(world, document)) return false;
  const newest = written.reduce((a, b) => (b.epoch >= a.epoch ? b : a), document);
  if ([document, newest].every((one) => survives(world, one, own, keyText))) return true;
  return keyText === null && document.epoch === newest.epoch && isTakenOver(world, document, own);
}

/** A volume is lost: where it held a set's only copies, whatever is planned from now on is planned knowing it. */
export function tellOperators({ store, operators }: World): void {
  const { document } = store;
  const asked = document === null ? null : readRing(document);
  if (document?.next == null || asked === null || !isSingle(asked)) return;
  for (const operator of operators) operator.lookAfresh();
}

/** The ring that reads ask in this phase. */
function readRing({ phase, current, next }: RingDocument): Assignment {
  return phase === 'read-new' && next !== null ? next : current;
}

const isSingle = ({ replicationFactor, seats }: Assignment): boolean =>
  Math.min(replicationFactor, seats.length) === 1;

/**
 * In write-both a change goes forward when the only old copy is lost and the new ones are there, also when
 * the demand goes back later; in read-new it goes back to the old ones when the only new copy is lost. An
 * operator that is about to act on what it saw before would go the other way.
 */
function isTakenOver(world: World, document: RingDocument, own: Incarnation): boolean {
  const { current, next, phase } = document;
  // In sloppy mode a write in flight need not have a copy in both sets.
  if (next === null || world.setting.mode === 'sloppy') return false;
  if (isDepleted(world, [current, next])) return false;
  const isActing = world.operators.some((operator) => operator.isActing);
  if (!isSingle(readRing(document)) || isActing) return false;
  const other = (slot: Slot): ReplicaSet =>
    slotSets(document, slot).writes.at(phase === 'read-new' ? 0 : -1)!;
  return world.copies.spares(other, own, null);
}

/** Not whole again after an earlier loss. */
function isLossPending(world: World, document: RingDocument): boolean {
  return world.site.all().some((other) => {
    if (other.volume.durable.corrupt.size > 0) return true;
    const held = other.volume.identity?.incarnation;
    return (
      held !== undefined &&
      other.adopted !== null &&
      memberOf(document, held) === undefined &&
      memberOf(other.adopted, held) !== undefined
    );
  });
}

/** Rests on a lost member. */
function isDepleted({ site }: World, assignments: readonly Assignment[]): boolean {
  return assignments.some(({ seats }) => seats.some((seat) => site.lost.has(seat.incarnation)));
}

function survives(
  world: World,
  document: RingDocument,
  own: Incarnation,
  keyText: string | null,
): boolean {
  const { current, next, phase } = document;
  const assignments = next === null ? [current] : [current, next];
  if (isDepleted(world, assignments)) return false;
  const copies = assignments.map(({ writeQuorum, replicationFactor, seats }) =>
    Math.min(writeQuorum, replicationFactor, seats.length),
  );
  const least = phase === 'write-both' ? copies[0]! : Math.min(...copies);
  return least >= 2 && world.copies.spares((slot) => slotSets(document, slot).reads, own, keyText);
}
