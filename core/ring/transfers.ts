// Assignment A → assignment B: who must merge which slot from whom before reads may ask B (R6).
import type { Incarnation, Slot, Zone } from '../api/ids.ts';
import type { Assignment } from '../api/ring-document.ts';
import { replicaSet } from './ring.ts';

/** One member that must merge one slot, and whom from. */
export interface Transfer {
  readonly slot: Slot;
  readonly target: Incarnation;
  /** The lost member whose place the target takes: the stream's source; null: there is none. */
  readonly pair: Incarnation | null;
  /** Old members to merge from where there is no pair, or it is dead; never the target itself. */
  readonly others: readonly Incarnation[];
  /** So many of `others` suffice; where there are fewer, a living pair can't be done without. */
  readonly othersNeeded: number;
}

const known = new WeakMap<Assignment, WeakMap<Assignment, readonly Transfer[]>>();

/**
 * What must be merged between the two assignments (of one slotBits), by ascending slot, one
 * transfer per (slot, member). Deterministic: every node derives the same sources (R6). Made once
 * per pair of objects.
 */
export function transfers(from: Assignment, to: Assignment): readonly Transfer[] {
  let ofFrom = known.get(from);
  if (ofFrom === undefined) {
    ofFrom = new WeakMap<Assignment, readonly Transfer[]>();
    known.set(from, ofFrom);
  }
  let list = ofFrom.get(to);
  if (list === undefined) {
    list = allTransfers(from, to);
    ofFrom.set(to, list);
  }
  return list;
}

/** One slot's two replica sets and what quorums say about them. */
interface SlotMove {
  readonly slot: Slot;
  readonly old: readonly Incarnation[];
  readonly new: readonly Incarnation[];
  /** |old| − W + 1: among so many old members one holds any given acknowledged write. */
  readonly enough: number;
}

function allTransfers(from: Assignment, to: Assignment): readonly Transfer[] {
  const zones = new Map<Incarnation, Zone>();
  for (const seat of [...from.seats, ...to.seats]) zones.set(seat.incarnation, seat.zone);
  const list: Transfer[] = [];
  for (let slot = 0; slot < from.owners[0]!.length; slot++) {
    const old = replicaSet(from, slot);
    const enough = old.length - Math.min(from.writeQuorum, old.length) + 1;
    const move: SlotMove = { slot, old, new: replicaSet(to, slot), enough };
    if (quorumsMiss(from, to, move)) list.push(...fromEnough(move));
    else if (move.new.length < old.length) list.push(...intoSmaller(move));
    else list.push(...inPairs(move, zones));
  }
  return list;
}

/**
 * True when the quorums were changed so that an old W and the new R need not share a member. With
 * pairs an old write stands at W distinct new members, and at every gainer that has no pair.
 */
function quorumsMiss(from: Assignment, to: Assignment, move: SlotMove): boolean {
  const isSame =
    from.writeQuorum === to.writeQuorum &&
    from.readQuorum === to.readQuorum &&
    from.replicationFactor === to.replicationFactor;
  if (isSame) return false;
  const written = Math.min(from.writeQuorum, move.old.length);
  const asked = Math.min(to.readQuorum, move.new.length);
  return written + asked <= Math.min(move.old.length, move.new.length);
}

/** Each new member merges `enough` old members, itself counted: it then holds every old write. */
function fromEnough(move: SlotMove): Transfer[] {
  return move.new.map((target) => mergeFrom(move, target)).filter((it) => it.othersNeeded > 0);
}

function mergeFrom({ slot, old, enough }: SlotMove, target: Incarnation): Transfer {
  const others = old.filter((member) => member !== target);
  const isOld = others.length < old.length;
  const othersNeeded = Math.min(isOld ? enough - 1 : enough, others.length);
  return { slot, target, pair: null, others, othersNeeded };
}

/**
 * A smaller set: who stays merges from all who go. A gainer there has no pair: one source's copies
 * would stand at fewer than the new R's share (`a smaller set that gains a member loses no write`).
 */
function intoSmaller(move: SlotMove): Transfer[] {
  const others = move.old.filter((member) => !move.new.includes(member));
  return move.new.map((target) =>
    move.old.includes(target)
      ? { slot: move.slot, target, pair: null, others, othersNeeded: others.length }
      : mergeFrom(move, target),
  );
}

/** Each gained member takes the place of a different lost one, of its own zone where it can. */
function inPairs(move: SlotMove, zones: ReadonlyMap<Incarnation, Zone>): Transfer[] {
  const gained = move.new.filter((member) => !move.old.includes(member));
  if (gained.length === 0) return [];
  const lost = move.old.filter((member) => !move.new.includes(member));
  const pairs = new Map<Incarnation, Incarnation>();
  const pairUp = (target: Incarnation, at: number): void => {
    if (at >= 0) pairs.set(target, lost.splice(at, 1)[0]!);
  };
  for (const target of gained) {
    pairUp(
      target,
      lost.findIndex((member) => zones.get(member) === zones.get(target)),
    );
  }
  for (const target of gained) if (!pairs.has(target)) pairUp(target, lost.length - 1);
  return gained.map((target) => {
    const pair = pairs.get(target) ?? null;
    const others = move.old.filter((member) => member !== pair);
    return { slot: move.slot, target, pair, others, othersNeeded: move.enough };
  });
}
