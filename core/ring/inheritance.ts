// What a claim inherits: the old ring told in terms of the seats wished for, where a newcomer that
// replaces a leaver of its zone stands in that one's place.
import type { Incarnation } from '../api/ids.ts';
import type { Assignment, Layout, Seat } from '../api/ring-document.ts';
import { assert } from '../assert.ts';
import { replicaTable } from './ring.ts';

/** Stands for a seat that is gone. */
export const NOBODY = 0xffff;

export interface Inheritance {
  /** Old replica sets in new seat numbers, rows of `width`; who left without an heir is NOBODY. */
  readonly sets: Uint16Array;
  readonly width: number;
  /** Old owners in new seat numbers, where the old layout was flat. */
  readonly owners: Uint16Array | null;
  /** Every old seat held every slot, so whatever the survivors hold next, nothing moves to them. */
  readonly isWhole: boolean;
  /** Seat → 1 when it holds nothing yet. */
  readonly isNewcomer: Uint8Array;
  /** Nobody left without an heir, and N and the layout are what they were. */
  readonly isPureJoin: boolean;
}

/** The seats that hold nothing yet. */
export function newcomersOf({ isNewcomer }: Inheritance): number[] {
  return [...isNewcomer.keys()].filter((seat) => isNewcomer[seat] !== 0);
}

/** The inheritance of these seats from the old assignment, which must have as many slots. */
export function inherit(
  from: Assignment,
  to: {
    readonly seats: readonly Seat[];
    readonly slots: number;
    readonly layout: Layout['kind'];
    readonly replicationFactor: number;
  },
): Inheritance {
  const { seats, slots } = to;
  const table = replicaTable(from);
  assert(table.slots === slots, `a ring of ${table.slots} slots cannot become one of ${slots}`);
  const heirs = heirsOf(from.seats, seats);
  const rename = (seat: number): number => heirs[seat]!;
  const isNewcomer = new Uint8Array(seats.length).fill(1);
  for (const heir of heirs) if (heir !== NOBODY) isNewcomer[heir] = 0;
  return {
    sets: table.seats.map(rename),
    width: table.width,
    owners: from.layout.kind === 'flat' ? from.owners[0]!.map(rename) : null,
    isWhole: table.width === from.seats.length,
    isNewcomer,
    isPureJoin:
      !heirs.includes(NOBODY) &&
      from.layout.kind === to.layout &&
      from.replicationFactor === to.replicationFactor,
  };
}

/** Old seat → new seat: itself, the newcomer of its zone that takes its place, or NOBODY. */
function heirsOf(old: readonly Seat[], seats: readonly Seat[]): Uint16Array {
  const placeOf = new Map<Incarnation, number>();
  seats.forEach((seat, place) => placeOf.set(seat.incarnation, place));
  const stays = new Set(old.map((seat) => seat.incarnation));
  const newcomers = seats
    .map((_, place) => place)
    .filter((place) => !stays.has(seats[place]!.incarnation));
  return Uint16Array.from(old, (seat) => {
    const itself = placeOf.get(seat.incarnation);
    if (itself !== undefined && seats[itself]!.zone === seat.zone) return itself;
    const heir = newcomers.findIndex((place) => seats[place]!.zone === seat.zone);
    return heir < 0 ? NOBODY : newcomers.splice(heir, 1)[0]!;
  });
}
