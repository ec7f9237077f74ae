// Where a flat ring spans several zones: every P-th slot is a lane, and each zone has one lane that
// only its seats own. So P slots in a row always show every zone, whoever owns the lanes left free,
// and handing over one slot moves one replica per window, never a second one behind it.
import type { Slot } from '../api/ids.ts';
import { NOBODY } from './inheritance.ts';
import type { WalkRule } from './walk.ts';

/** A lane that any seat may own. */
export const FREE = 0xffff;

/** Lane (slot mod its length) → the one zone that may own it, or FREE. */
export type Lanes = Uint16Array;

/** True when a seat of this zone may own the slot. */
export function allows(lanes: Lanes, slot: Slot, zone: number): boolean {
  const only = lanes[slot % lanes.length]!;
  return only === FREE || only === zone;
}

/** The lanes that the owners fit best; for a ring without owners as many as a set has members. */
export function lanesOf(rule: WalkRule, owners: Uint16Array): Lanes {
  const zones = new Set(rule.zoneOf).size;
  if (rule.zonesNeeded === 1) return Uint16Array.of(FREE);
  let best: { lanes: Lanes; misfits: number } | null = null;
  for (let period = Math.max(rule.width, zones); period >= zones; period--) {
    const lanes = bestLanes(countZones(rule, owners, period), zones);
    const misfits = misfitsOf(rule, owners, lanes);
    if (best === null || misfits < best.misfits) best = { lanes, misfits };
  }
  return best!.lanes;
}

/** Lane → zone → slots of the lane that the zone owns. */
function countZones(rule: WalkRule, owners: Uint16Array, period: number): Uint32Array[] {
  const zones = rule.zoneOf.length;
  const counts = Array.from({ length: period }, () => new Uint32Array(zones));
  owners.forEach((seat, slot) => {
    if (seat !== NOBODY) counts[slot % period]![rule.zoneOf[seat]!]!++;
  });
  return counts;
}

/** Each zone gets a lane, greedily the one where it owns most. */
function bestLanes(counts: readonly Uint32Array[], zones: number): Lanes {
  const lanes = new Uint16Array(counts.length).fill(FREE);
  const pairs = counts.flatMap((ofZones, lane) =>
    Array.from({ length: zones }, (_, zone) => ({ lane, zone, owned: ofZones[zone]! })),
  );
  pairs.sort((a, b) => b.owned - a.owned || a.zone - b.zone || a.lane - b.lane);
  for (const { lane, zone } of pairs) {
    if (lanes[lane] === FREE && !lanes.includes(zone)) lanes[lane] = zone;
  }
  return lanes;
}

function misfitsOf(rule: WalkRule, owners: Uint16Array, lanes: Lanes): number {
  let misfits = 0;
  owners.forEach((seat, slot) => {
    if (seat !== NOBODY && !allows(lanes, slot, rule.zoneOf[seat]!)) misfits++;
  });
  return misfits;
}

/**
 * Lane → seat → slots it should own there: its zone's lane shared evenly among its zone, and what
 * its share has beyond that spread over the free lanes. A seat that owned nothing in a free lane
 * could hand nothing to a newcomer of another zone.
 */
export function laneQuotas({
  owners,
  rule,
  shares,
  lanes,
}: {
  readonly owners: Uint16Array;
  readonly rule: WalkRule;
  readonly shares: Float64Array;
  readonly lanes: Lanes;
}): Float64Array[] {
  const seatsOf = new Map<number, number>();
  for (const zone of rule.zoneOf) seatsOf.set(zone, (seatsOf.get(zone) ?? 0) + 1);
  const laneSlots = owners.length / lanes.length;
  const fixed = rule.zoneOf.map((zone) => (lanes.includes(zone) ? 1 : 0));
  const free = lanes.filter((zone) => zone === FREE).length;
  return Array.from(lanes, (only) =>
    shares.map((share, seat) => {
      const inOwn = (fixed[seat]! * laneSlots) / seatsOf.get(rule.zoneOf[seat]!)!;
      return only !== FREE ? inOwn : Math.max(0.01, (share / rule.width - inOwn) / free);
    }),
  );
}
