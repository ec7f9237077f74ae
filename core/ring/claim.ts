// Which slots a joiner takes and who gets a leaver's: balance and least movement (I10), every slot
// with distinct members in distinct zones while zones allow (I9).
import type { Zone } from '../api/ids.ts';
import type { Assignment, Layout, Seat } from '../api/ring-document.ts';
import { assert } from '../assert.ts';
import { claimFlat } from './flat-claim.ts';
import { inherit, type Inheritance, NOBODY } from './inheritance.ts';
import { claimZone, slotsOfZone } from './zoned-claim.ts';
import { orderZones } from './zone-order.ts';

/** The ring that is wished for. */
export interface Wish {
  /** The ring as it is; null: there is none yet. */
  readonly from: Assignment | null;
  /** Who shall be in it. Those of `from` that are not named leave; the others that are new join. */
  readonly seats: readonly Seat[];
  readonly slotBits: number;
  /** Default: zoned when there are N zones or more (and N and zones exceed 1), else flat. */
  readonly layout?: Layout['kind'];
  readonly replicationFactor: number;
  readonly readQuorum: number;
  readonly writeQuorum: number;
}

/**
 * The assignment that grants the wish: as little as possible moves, load is as even as it can be
 * (docs/decisions/0001-claim.md has the measured bounds). Any mixture of joins, leaves,
 * replacements, another N and another layout. The order of the seats wished for does not matter:
 * the answer's ascend by incarnation. A zoned layout with fewer zones than N cannot be; it is flat.
 */
export function claim(wish: Wish): Assignment {
  const seats = [...wish.seats].sort((a, b) => (a.incarnation < b.incarnation ? -1 : 1));
  assert(seats.length > 0, 'a ring needs one seat at least');
  assert(
    new Set(seats.map((seat) => seat.incarnation)).size === seats.length,
    'a seat is wished for twice',
  );
  const zones = new Set(seats.map((seat) => seat.zone));
  const slots = 2 ** wish.slotBits;
  const { replicationFactor, readQuorum, writeQuorum } = wish;
  const layout = layoutOf(wish, zones);
  const inherited =
    wish.from === null ? null : inherit(wish.from, { seats, slots, layout, replicationFactor });
  const shape =
    layout === 'flat'
      ? {
          layout: { kind: 'flat' } as const,
          owners: [claimFlat({ seats, slots, replicationFactor }, inherited)],
        }
      : zoned(wish, { seats, zones, slots }, inherited);
  return { ...shape, replicationFactor, readQuorum, writeQuorum, seats };
}

function layoutOf(wish: Wish, zones: ReadonlySet<Zone>): Layout['kind'] {
  if (zones.size < wish.replicationFactor) return 'flat';
  return wish.layout ?? (wish.replicationFactor > 1 && zones.size > 1 ? 'zoned' : 'flat');
}

function zoned(
  wish: Wish,
  ring: { seats: readonly Seat[]; zones: ReadonlySet<Zone>; slots: number },
  inherited: Inheritance | null,
): Pick<Assignment, 'layout' | 'owners'> {
  const { replicationFactor } = wish;
  const { slots } = ring;
  const zones = orderZones(ring.zones, wish.from?.layout ?? null, replicationFactor);
  const owners = zones.map((name, zone) => {
    const seats = ring.seats.flatMap((seat, place) => (seat.zone === name ? [place] : []));
    const used = slotsOfZone({ zone, zones: zones.length, replicationFactor, slots });
    const array = claimZone({ seats, used, slots }, inherited);
    // Slots that never use this zone name its first seat: every entry is a seat of the zone.
    return array.map((seat) => (seat === NOBODY ? seats[0]! : seat));
  });
  return { layout: { kind: 'zoned', zones }, owners };
}
