// Rings for the tests of this room, and naive readings of them.
import { incarnation, zone } from '../../../core/api/ids.ts';
import type { Assignment, Seat } from '../../../core/api/ring-document.ts';
import { replicaTable } from '../../../core/ring/ring.ts';
import { fc } from '../../properties.ts';

export function seat(name: string, inZone = 'z0'): Seat {
  return { incarnation: incarnation(name), zone: zone(inZone) };
}

/** `count` seats m00, m01 …, dealt to the zones in turn. */
export function seats(count: number, zones = 1): Seat[] {
  return Array.from({ length: count }, (_, nth) =>
    seat(`m${nth.toString().padStart(2, '0')}`, `z${nth % zones}`),
  );
}

/** A replica set by the words of protocol §1, without any table. */
export function naiveSet(assignment: Assignment, slot: number): string[] {
  const { layout, owners, replicationFactor } = assignment;
  const of = (place: number): Seat => assignment.seats[place]!;
  if (layout.kind === 'zoned') {
    return Array.from(
      { length: replicationFactor },
      (_, nth) => of(owners[(slot + nth) % layout.zones.length]![slot]!).incarnation,
    );
  }
  const ring = [
    ...owners[0]!.slice(slot),
    ...owners[0]!.slice(0, slot),
    ...assignment.seats.keys(),
  ].map(of);
  const clockwise = [...new Set(ring)];
  const firstOfZone = clockwise
    .filter((it, at) => clockwise.findIndex((other) => other.zone === it.zone) === at)
    .slice(0, replicationFactor);
  const others = clockwise
    .filter((it) => !firstOfZone.includes(it))
    .slice(0, Math.max(0, replicationFactor - firstOfZone.length));
  return clockwise
    .filter((it) => firstOfZone.includes(it) || others.includes(it))
    .map((it) => it.incarnation);
}

/** The busiest member's replicas as a multiple of the mean. */
export function balance(ring: Assignment): { busiest: number } {
  const { seats: table } = replicaTable(ring);
  const loads = new Uint32Array(ring.seats.length);
  for (const member of table) loads[member]!++;
  return { busiest: (Math.max(...loads) * ring.seats.length) / table.length };
}

export function isEqualZones(ring: Assignment): boolean {
  const sizes = new Map<string, number>();
  for (const { zone: name } of ring.seats) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  return new Set(sizes.values()).size === 1;
}

/**
 * Replicas that the change gives to old members and to joiners; the mean share of as many joiners
 * (no less must move, or load is uneven) and the places that leavers left open.
 */
export function movement(from: Assignment, to: Assignment) {
  const before = replicaTable(from),
    after = replicaTable(to);
  const newPlace = from.seats.map((it) =>
    to.seats.findIndex((other) => other.incarnation === it.incarnation),
  );
  let toOld = 0,
    toJoiners = 0,
    vacated = 0;
  for (let slot = 0; slot < after.slots; slot++) {
    const row = before.seats.subarray(slot * before.width, (slot + 1) * before.width);
    const held = Array.from(row, (place) => newPlace[place]!).filter((place) => place >= 0);
    for (const place of after.seats.subarray(slot * after.width, (slot + 1) * after.width)) {
      if (held.includes(place)) continue;
      if (newPlace.includes(place)) toOld++;
      else toJoiners++;
    }
    vacated += Math.max(0, after.width - held.length);
  }
  const joiners = to.seats.length - newPlace.filter((place) => place >= 0).length;
  return {
    toOld,
    toJoiners,
    vacated,
    joinersShare: (after.seats.length * joiners) / to.seats.length,
  };
}

/** A flat ring with any owners at all, balanced or not. */
export const anyFlatRing: fc.Arbitrary<Assignment> = fc
  .record({
    zones: fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 10 }),
    replicationFactor: fc.integer({ min: 1, max: 7 }),
    slotBits: fc.integer({ min: 3, max: 6 }),
    draws: fc.array(fc.nat(), { minLength: 64, maxLength: 64 }),
  })
  .map(({ zones, replicationFactor, slotBits, draws }) => ({
    layout: { kind: 'flat' },
    replicationFactor,
    readQuorum: 1,
    writeQuorum: 1,
    seats: zones.map((inZone, nth) => seat(`m${nth}`, `z${inZone}`)),
    owners: [Uint16Array.from(draws.slice(0, 2 ** slotBits), (draw) => draw % zones.length)],
  }));
