// The zoned layout's claim. Each zone has a ring of its own, and of that only the slots that use
// it count; zone by zone the least moves and shares differ by one slot at most.
import type { Slot } from '../api/ids.ts';
import { type Inheritance, NOBODY } from './inheritance.ts';

/** Zone number `zone` of `zones` at this N: the slots whose replica set has a member of it. */
export function slotsOfZone(where: {
  zone: number;
  zones: number;
  replicationFactor: number;
  slots: number;
}): Slot[] {
  const used: Slot[] = [];
  for (let slot = 0; slot < where.slots; slot++) {
    const nth = (where.zone - (slot % where.zones) + where.zones) % where.zones;
    if (nth < where.replicationFactor) used.push(slot);
  }
  return used;
}

/** Owners of one zone: its seats and the slots to share among them; NOBODY elsewhere. */
export function claimZone(
  zone: {
    readonly seats: readonly number[];
    readonly used: readonly Slot[];
    readonly slots: number;
  },
  inherited: Inheritance | null,
): Uint16Array {
  const owners = new Uint16Array(zone.slots).fill(NOBODY);
  const counts = new Map<number, number>(zone.seats.map((seat) => [seat, 0]));
  const hand = (slot: Slot, seat: number): void => {
    const old = owners[slot]!;
    if (old !== NOBODY) counts.set(old, counts.get(old)! - 1);
    owners[slot] = seat;
    counts.set(seat, counts.get(seat)! + 1);
  };
  const work: ZoneWork = { ...zone, owners, counts, hand };
  if (inherited !== null) keepHolders(work, inherited);
  for (const slot of zone.used) if (owners[slot] === NOBODY) hand(slot, fewest(counts));
  feedNewcomers(work);
  levelOff(work);
  return owners;
}

interface ZoneWork {
  readonly seats: readonly number[];
  readonly used: readonly Slot[];
  readonly owners: Uint16Array;
  readonly counts: ReadonlyMap<number, number>;
  readonly hand: (slot: Slot, seat: number) => void;
}

/** A slot stays with its holder in this zone; of several (flat before) with the less loaded. */
function keepHolders(work: ZoneWork, inherited: Inheritance): void {
  const { owners, counts, hand } = work;
  const several: { slot: Slot; holders: number[] }[] = [];
  for (const slot of work.used) {
    const row = inherited.sets.subarray(slot * inherited.width, (slot + 1) * inherited.width);
    const holders = Array.from(row).filter((seat) => counts.has(seat));
    if (holders.length === 1) hand(slot, holders[0]!);
    else if (holders.length > 1) several.push({ slot, holders });
  }
  for (let pass = 0; pass < 3; pass++) {
    for (const { slot, holders } of several) {
      const best = holders.reduce((a, b) => (counts.get(b)! < counts.get(a)! ? b : a));
      const now = owners[slot]!;
      if (now === NOBODY || counts.get(best)! + 1 < counts.get(now)!) hand(slot, best);
    }
  }
}

/** Whoever has less than the floor of the mean is filled up to it, evenly from the fullest. */
function feedNewcomers(work: ZoneWork): void {
  const floor = Math.floor(work.used.length / work.seats.length);
  const takers = work.seats.filter((seat) => work.counts.get(seat)! === 0 && floor > 0);
  const left = new Map(work.counts);
  for (let taken = 0; taken < takers.length * floor; taken++) {
    const giver = most(left);
    left.set(giver, left.get(giver)! - 1);
  }
  const handed = work.used.filter(givenUp(work, left));
  handed.forEach((slot, nth) => {
    work.hand(slot, takers[nth % takers.length]!);
  });
}

/** Picks from each giver's slots as many as it has above `left`, evenly over its slots. */
function givenUp(work: ZoneWork, left: ReadonlyMap<number, number>): (slot: Slot) => boolean {
  const has = new Map(work.counts);
  const met = new Map<number, number>();
  return (slot) => {
    const seat = work.owners[slot]!;
    const nth = met.get(seat) ?? 0,
      all = has.get(seat)!,
      gives = all - left.get(seat)!;
    met.set(seat, nth + 1);
    return Math.floor(((nth + 1) * gives) / all) > Math.floor((nth * gives) / all);
  };
}

/** Load before movement only where I10 asks for it: nobody above 1.05 × the mean, rounded up. */
function levelOff({ seats, used, owners, counts, hand }: ZoneWork): void {
  const mean = used.length / seats.length;
  const ceiling = Math.max(Math.ceil(mean), Math.floor(mean * 1.05));
  for (const slot of used) {
    if (counts.get(owners[slot]!)! > ceiling) hand(slot, fewest(counts));
  }
}

function fewest(counts: ReadonlyMap<number, number>): number {
  let best = NOBODY;
  for (const [seat, count] of counts) if (best === NOBODY || count < counts.get(best)!) best = seat;
  return best;
}

function most(counts: ReadonlyMap<number, number>): number {
  let best = NOBODY;
  for (const [seat, count] of counts) if (best === NOBODY || count > counts.get(best)!) best = seat;
  return best;
}
