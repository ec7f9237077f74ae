// Local search on a flat ring: hands single slots from the busy to the idle while that helps.
import type { Slot } from '../api/ids.ts';
import { NOBODY } from './inheritance.ts';
import { allows, type Lanes } from './lanes.ts';
import type { WalkedRing } from './walked-ring.ts';

/** What may change: newcomers may take any slot and give it back; vacancies may go to anyone. */
export interface Freedom {
  /** Owners before the claim; NOBODY: vacant. */
  readonly base: Uint16Array;
  readonly lanes: Lanes;
  readonly newcomers: readonly number[];
  /** All zones have equally many seats: even load is within reach, and I10 asks for it. */
  readonly isEvenWithinReach: boolean;
}

/** Improvements come in few passes; the last ones only polish. */
const PASSES_MAX = 12;

/** Improves the ring until no allowed hand-over of one slot does, and no exchange of two. */
export function settle(ring: WalkedRing, freedom: Freedom): void {
  const { base, lanes, newcomers } = freedom;
  const seats = Array.from(ring.shares.keys());
  const choices = (slot: Slot): readonly number[] => {
    const owner = base[slot]!;
    const offered = owner === NOBODY ? seats : [owner, ...newcomers];
    return offered.filter((seat) => allows(lanes, slot, ring.rule.zoneOf[seat]!));
  };
  search(ring, choices);
  if (!freedom.isEvenWithinReach) return;
  for (let pass = 0; pass < EXCHANGES_MAX && exchange(ring, freedom); pass++) search(ring, choices);
}

/** Rounds of exchanges, each with a search behind it; most rings need none. */
const EXCHANGES_MAX = 6;

/** A load this far above its share is worth an exchange; I10 allows 0.05. */
const EXCHANGE_MIN = 0.03;

/** Hand-overs tried in one round: some 100 ms at the worst. */
const TRIES_MAX = 65_536;

/**
 * Where a newcomer is full but an old member still holds too much: it takes one more slot from the
 * busy one and hands back another that it took from an idler one. False when nothing was gained.
 */
function exchange(ring: WalkedRing, freedom: Freedom): boolean {
  const { lanes, newcomers } = freedom;
  let isBetter = false;
  let tries = TRIES_MAX;
  for (let slot = 0; slot < ring.owners.length; slot++) {
    const busy = ring.owners[slot]!;
    if (ring.surplus(busy) < EXCHANGE_MIN * ring.shares[busy]!) continue;
    for (const taker of newcomers) {
      if (taker === busy || !allows(lanes, slot, ring.rule.zoneOf[taker]!)) continue;
      const grew = ring.place(slot, taker);
      const tried = handBack(ring, freedom.base, { taker, below: ring.surplus(busy), grew });
      if (tried < 0) {
        isBetter = true;
        break;
      }
      ring.place(slot, busy);
      tries -= tried + 1;
      if (tries < 0) return isBetter;
    }
  }
  return isBetter;
}

/**
 * Returns one of the taker's slots to its old owner, if that outweighs what the taking cost: -1
 * then; else how many hand-overs were tried.
 */
function handBack(
  ring: WalkedRing,
  base: Uint16Array,
  by: { taker: number; below: number; grew: number },
): number {
  let tried = 0;
  for (let slot = 0; slot < ring.owners.length; slot++) {
    const old = base[slot]!;
    if (ring.owners[slot] !== by.taker || old === NOBODY || ring.surplus(old) >= by.below) continue;
    if (ring.place(slot, old) + by.grew < -1e-6) return -1;
    ring.place(slot, by.taker);
    tried++;
  }
  return tried;
}

/**
 * Takes from the seats that hold more than `loadMax` times their share, whatever slot of theirs
 * costs least, until none does or nothing helps.
 */
export function relieve(ring: WalkedRing, lanes: Lanes, loadMax: number): void {
  const seats = Array.from(ring.shares.keys());
  const isBusy = (seat: number): boolean =>
    ring.loads[seat]! > Math.ceil(ring.shares[seat]! * loadMax);
  search(ring, (slot) => {
    if (!isBusy(ring.owners[slot]!)) return [];
    return seats.filter((seat) => allows(lanes, slot, ring.rule.zoneOf[seat]!));
  });
}

function search(ring: WalkedRing, choices: (slot: Slot) => readonly number[]): void {
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    let isBetter = false;
    for (let slot = 0; slot < ring.owners.length; slot++) {
      if (improve(ring, slot, choices(slot))) isBetter = true;
    }
    if (!isBetter) return;
  }
}

/** A gap between two loads that is not worth a try: half a percent of a share. */
const GAP_MIN = 0.005;

/** Gives the slot to the choice that lowers the cost most; false when none does. */
function improve(ring: WalkedRing, slot: Slot, choices: readonly number[]): boolean {
  const owner = ring.owners[slot]!;
  const gap = Math.max(1, GAP_MIN * ring.shares[owner]!);
  const idle = ring.isAstray(slot) ? Infinity : ring.surplus(owner) - gap;
  let best = owner,
    bestGain = -1e-6;
  for (const seat of choices) {
    if (seat === owner || ring.surplus(seat) > idle) continue;
    const grew = ring.place(slot, seat);
    ring.place(slot, owner);
    if (grew < bestGain) [best, bestGain] = [seat, grew];
  }
  if (best === owner) return false;
  ring.place(slot, best);
  return true;
}
