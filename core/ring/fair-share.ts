// How many replicas each seat should hold when load is as even as the zone rule lets it be.
import type { WalkRule } from './walk.ts';

/**
 * Seat → its fair number of replicas over `slots` slots. Equal for all where zones allow; else a
 * zone holds no fewer and no more copies of a slot than the rule wants of it, shared by its seats.
 */
export function fairShares(rule: WalkRule, slots: number): Float64Array {
  const seatsOf = new Map<number, number>();
  for (const zone of rule.zoneOf) seatsOf.set(zone, (seatsOf.get(zone) ?? 0) + 1);
  // With as many zones as copies or more, no zone holds two; otherwise each holds one at least.
  const least = seatsOf.size > rule.width ? 0 : 1;
  const most = rule.width - rule.zonesNeeded + 1;
  const copies = (seats: number, perSeat: number): number =>
    Math.min(Math.max(seats * perSeat, least), Math.min(most, seats));
  // The copies held grow with the copies per seat: halve the interval until it is exact enough.
  let low = 0,
    high = 1;
  for (let halving = 0; halving < 50; halving++) {
    const perSeat = (low + high) / 2;
    let held = 0;
    for (const seats of seatsOf.values()) held += copies(seats, perSeat);
    if (held < rule.width) low = perSeat;
    else high = perSeat;
  }
  return Float64Array.from(rule.zoneOf, (zone) => {
    const seats = seatsOf.get(zone)!;
    return (copies(seats, high) / seats) * slots;
  });
}
