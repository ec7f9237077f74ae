// A flat ring being worked on: hand one slot over and it knows at once, exactly, what that does to
// loads and movement. Only the windows that look at the slot are walked again.
import type { Slot } from '../api/ids.ts';
import { type Inheritance } from './inheritance.ts';
import { type WalkRule, walkSlot } from './walk.ts';

/** Cost of a move that balance may never pay for. */
const FORBIDDEN = 1e6;
/**
 * Cost of one slot squared that a seat owns in a lane beyond its quota, over that of N replicas
 * squared: small beside load, yet without it a hundred claims leave seats with nothing to hand on.
 */
const LANE_COST = 0.2;
/** Cost of one slot that a walk looks at: short walks keep later claims easy. */
const STEP_COST = 0.01;

/** A draft with its walks. It owns and changes the owners it is given. */
export class WalkedRing {
  readonly owners: Uint16Array;
  readonly rule: WalkRule;
  /** Seat → replicas it should hold. */
  readonly shares: Float64Array;
  /** Seat → replicas it holds. */
  readonly loads: Int32Array;
  /** Cost of one replica that moves between two old members without need. */
  strayCost = FORBIDDEN;
  private readonly inherited: Inheritance | null;
  private readonly sets: Uint16Array;
  private readonly spans: Uint16Array;
  private readonly straysOfSlot: Uint8Array;
  /** Lane → seat → slots owned there beyond its quota. */
  private readonly ownedSurplus: readonly Float64Array[];
  private readonly laneCost: number;
  private squares = 0;
  private strayCount = 0;
  private steps = 0;

  constructor(
    draft: {
      readonly rule: WalkRule;
      readonly owners: Uint16Array;
      readonly shares: Float64Array;
      readonly quotas: readonly Float64Array[];
    },
    inherited: Inheritance | null,
  ) {
    const { rule, owners, shares } = draft;
    this.rule = rule;
    this.owners = owners;
    this.shares = shares;
    this.inherited = inherited;
    this.ownedSurplus = draft.quotas.map((ofSeats) => ofSeats.map((quota) => -quota));
    this.laneCost = LANE_COST * rule.width * rule.width;
    owners.forEach((seat, slot) => this.ownedSurplus[slot % this.ownedSurplus.length]![seat]!++);
    this.loads = new Int32Array(shares.length);
    this.sets = new Uint16Array(owners.length * rule.width);
    this.spans = new Uint16Array(owners.length);
    this.straysOfSlot = new Uint8Array(owners.length);
    for (const share of shares) this.squares += share * share;
    for (let slot = 0; slot < owners.length; slot++) this.walk(slot);
  }

  /** Squared distances from even load and lanes, what moved in vain, the length of all walks. */
  get cost(): number {
    return this.squares + this.strayCost * this.strayCount + STEP_COST * this.steps;
  }

  /** Replicas above its share (negative: below). */
  surplus(seat: number): number {
    return this.loads[seat]! - this.shares[seat]!;
  }

  /** True when some walk that looks at the slot moves a replica in vain. */
  isAstray(slot: Slot): boolean {
    const slots = this.owners.length;
    for (let back = 0; back < slots; back++) {
      const start = (slot - back) & (slots - 1);
      if (this.spans[start]! <= back) return false;
      if (this.straysOfSlot[start] !== 0) return true;
    }
    return false;
  }

  /** Gives the slot to the seat and returns by how much the cost grew. */
  place(slot: Slot, seat: number): number {
    const before = this.cost;
    const slots = this.owners.length;
    const lane = this.ownedSurplus[slot % this.ownedSurplus.length]!;
    this.squares += this.laneCost * (1 - 2 * lane[this.owners[slot]!]!--);
    this.squares += this.laneCost * (1 + 2 * lane[seat]!++);
    this.owners[slot] = seat;
    // Walks end in the order they start: the first that stops short of the slot ends the search.
    for (let back = 0; back < slots; back++) {
      const start = (slot - back) & (slots - 1);
      if (this.spans[start]! <= back) break;
      this.forget(start);
      this.walk(start);
    }
    return this.cost - before;
  }

  private forget(slot: Slot): void {
    const { width } = this.rule;
    for (let at = slot * width; at < (slot + 1) * width; at++) {
      const seat = this.sets[at]!;
      this.squares += 1 - 2 * (this.loads[seat]!-- - this.shares[seat]!);
    }
    this.strayCount -= this.straysOfSlot[slot]!;
    this.steps -= this.spans[slot]!;
  }

  private walk(slot: Slot): void {
    const { width } = this.rule;
    const span = walkSlot(this.rule, this.owners, this.sets, slot);
    for (let at = slot * width; at < (slot + 1) * width; at++) {
      const seat = this.sets[at]!;
      this.squares += 1 + 2 * (this.loads[seat]!++ - this.shares[seat]!);
    }
    this.spans[slot] = span;
    this.steps += span;
    this.strayCount += this.straysOfSlot[slot] = this.straysOf(slot);
  }

  /** Replicas that old members gain beyond the places that leavers (or a raised N) left open. */
  private straysOf(slot: Slot): number {
    const {
      inherited,
      rule: { width },
      sets,
    } = this;
    if (inherited === null) return 0;
    let vacant = width,
      gainedByOld = 0;
    const first = slot * inherited.width,
      last = first + inherited.width;
    for (let at = first; at < last; at++) {
      if (inherited.sets[at]! < this.shares.length) vacant--;
    }
    for (let at = slot * width; at < (slot + 1) * width; at++) {
      const seat = sets[at]!;
      if (inherited.isNewcomer[seat] !== 0) {
        vacant--;
        continue;
      }
      let was = first;
      while (was < last && inherited.sets[was] !== seat) was++;
      if (was === last) gainedByOld++;
    }
    return Math.max(0, gainedByOld - Math.max(0, vacant));
  }
}
