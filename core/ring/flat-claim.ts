// The flat layout's claim: a first draft by rule, then a search that settles what the draft left.
import type { Slot } from '../api/ids.ts';
import type { Seat } from '../api/ring-document.ts';
import { fairShares } from './fair-share.ts';
import { type Inheritance, newcomersOf, NOBODY } from './inheritance.ts';
import { allows, laneQuotas, type Lanes, lanesOf } from './lanes.ts';
import { settle, relieve } from './settle.ts';
import { WalkedRing } from './walked-ring.ts';
import { type WalkRule, walkRule } from './walk.ts';

/** Owners of a flat ring of these seats, near what they inherit. */
export function claimFlat(
  ring: {
    readonly seats: readonly Seat[];
    readonly slots: number;
    readonly replicationFactor: number;
  },
  inherited: Inheritance | null,
): Uint16Array {
  const rule = walkRule(
    ring.seats.map((seat) => seat.zone),
    ring.replicationFactor,
  );
  const shares = fairShares(rule, ring.slots);
  // Where every set holds everybody, before or after, the old owners bind nobody.
  const isFree = inherited === null || inherited.isWhole || rule.width === ring.seats.length;
  const base = isFree ? new Uint16Array(ring.slots).fill(NOBODY) : oldOwners(inherited, rule);
  const lanes = lanesOf(rule, base);
  base.forEach((seat, slot) => {
    if (seat !== NOBODY && !allows(lanes, slot, rule.zoneOf[seat]!)) base[slot] = NOBODY;
  });
  const draft: Draft = { owners: base.slice(), rule, shares, lanes };
  fillVacancies(draft);
  if (rule.width === ring.seats.length) return draft.owners;
  if (!isFree) feedNewcomers(draft, inherited);
  const walked = new WalkedRing({ ...draft, quotas: laneQuotas(draft) }, isFree ? null : inherited);
  const newcomers = isFree ? [] : newcomersOf(inherited);
  const isEvenWithinReach = haveEqualZones(rule);
  settle(walked, { base, lanes, newcomers, isEvenWithinReach });
  if (!isFree && !inherited.isPureJoin && isEvenWithinReach) {
    walked.strayCost = 1;
    relieve(walked, lanes, LOAD_MAX);
  }
  return walked.owners;
}

/**
 * After a leave, another N or another layout, a load above this multiple of its share is worth
 * moves between old members; a join moves nothing between them (I10).
 */
const LOAD_MAX = 1.04;

function haveEqualZones({ zoneOf }: WalkRule): boolean {
  const seatsOf = new Map<number, number>();
  for (const zone of zoneOf) seatsOf.set(zone, (seatsOf.get(zone) ?? 0) + 1);
  return new Set(seatsOf.values()).size === 1;
}

/** A ring being drafted by counting owned slots; what its walks make of it shows later. */
export interface Draft {
  readonly owners: Uint16Array;
  readonly rule: WalkRule;
  /** Seat → replicas it should hold. */
  readonly shares: Float64Array;
  readonly lanes: Lanes;
}

/** The old owners; from a zoned ring, a sequence whose walks meet the old sets where they can. */
function oldOwners(inherited: Inheritance, rule: WalkRule): Uint16Array {
  if (inherited.owners !== null) return inherited.owners.slice();
  const owners = new Uint16Array(inherited.sets.length / inherited.width).fill(NOBODY);
  for (let slot = 0; slot < owners.length; slot++) {
    owners[slot] = bestOverlap(owners, slot, inherited, rule);
  }
  return owners;
}

/** The seat that most of the sets around hold, of those that the last N − 1 slots don't name. */
function bestOverlap(
  owners: Uint16Array,
  slot: number,
  inherited: Inheritance,
  rule: WalkRule,
): number {
  const votes = new Map<number, number>();
  for (let back = 0; back < rule.width; back++) {
    const row = ((slot - back) & (owners.length - 1)) * inherited.width;
    for (let at = row; at < row + inherited.width; at++) {
      const seat = inherited.sets[at]!;
      if (seat !== NOBODY) votes.set(seat, (votes.get(seat) ?? 0) + 1);
    }
  }
  for (let back = 1; back < rule.width && back <= slot; back++) votes.delete(owners[slot - back]!);
  let best = NOBODY;
  for (const [seat, count] of votes) {
    if (best === NOBODY || count > votes.get(best)!) best = seat;
  }
  return best;
}

/** A slot without an owner goes to who has least of its quota, if its neighbours are others. */
function fillVacancies({ owners, rule, shares, lanes }: Draft): void {
  const quotas = laneQuotas({ owners, rule, shares, lanes });
  const owned = quotas.map((ofSeats) => new Float64Array(ofSeats.length));
  owners.forEach((seat, slot) => {
    if (seat !== NOBODY) owned[slot % lanes.length]![seat]!++;
  });
  for (let slot = 0; slot < owners.length; slot++) {
    if (owners[slot] !== NOBODY) continue;
    const lane = slot % lanes.length;
    let best = NOBODY,
      bestScore = Infinity;
    for (let seat = 0; seat < shares.length; seat++) {
      let score = owned[lane]![seat]! / quotas[lane]![seat]!;
      if (score >= bestScore || !allows(lanes, slot, rule.zoneOf[seat]!)) continue;
      if (isNear(owners, slot, { seat, reach: rule.width })) score += NEAR;
      if (score < bestScore) [best, bestScore] = [seat, score];
    }
    owners[slot] = best;
    owned[lane]![best]!++;
  }
}

/** More than any owned ÷ share: a neighbour of its own slot comes last. */
const NEAR = 1e6;

/** True when the seat owns a slot fewer than `reach` slots away. */
function isNear(owners: Uint16Array, slot: number, of: { seat: number; reach: number }): boolean {
  for (let away = 1; away < of.reach; away++) {
    if (owners[(slot + away) & (owners.length - 1)] === of.seat) return true;
    if (owners[(slot - away) & (owners.length - 1)] === of.seat) return true;
  }
  return false;
}

/**
 * Each newcomer takes its share in even steps around the ring, at each step from the one nearby
 * that has most to give. N apart from one another, its slots move exactly N replicas each.
 */
function feedNewcomers(draft: Draft, inherited: Inheritance): void {
  const { isNewcomer } = inherited;
  const { owners, rule, shares, lanes } = draft;
  const ofLane = laneQuotas(draft).map((quotas) => quotas.map((quota) => -quota));
  const surplus = shares.map((share) => -share / rule.width);
  owners.forEach((seat, slot) => {
    surplus[seat]!++;
    ofLane[slot % lanes.length]![seat]!++;
  });
  const toGive = (slot: Slot): number => {
    const owner = owners[slot]!;
    return isNewcomer[owner] !== 0
      ? -Infinity
      : surplus[owner]! + ofLane[slot % lanes.length]![owner]!;
  };
  const newcomers = newcomersOf(inherited);
  newcomers.forEach((seat, nth) => {
    const wanted = Math.floor(-surplus[seat]!);
    const pace = owners.length / wanted;
    for (let taken = 0; taken < wanted; taken++) {
      const start = Math.floor((taken + nth / newcomers.length) * pace);
      const slot = mostToGive(draft, { seat, start, end: start + pace }, toGive);
      if (slot === NONE) continue;
      surplus[owners[slot]!]!--;
      ofLane[slot % lanes.length]![owners[slot]!]!--;
      surplus[seat]!++;
      owners[slot] = seat;
    }
  });
}

const NONE = -1;

/** The slot from `start` to `end` that the seat may take and that has most to give; or NONE. */
function mostToGive(
  { owners, rule, lanes }: Draft,
  range: { seat: number; start: number; end: number },
  toGive: (slot: Slot) => number,
): Slot {
  const { seat } = range;
  let best = NONE,
    most = -Infinity;
  for (let at = range.start; at < range.end; at++) {
    const slot = at & (owners.length - 1);
    const has = toGive(slot);
    if (has <= most || !allows(lanes, slot, rule.zoneOf[seat]!)) continue;
    if (!isNear(owners, slot, { seat, reach: rule.width })) [best, most] = [slot, has];
  }
  return best;
}
