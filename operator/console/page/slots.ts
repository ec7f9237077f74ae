// Questions to the table of slots: who follows whom, which slots move, which lack copies. Pure.
import type { SlotMap, SlotTable } from '../view.ts';

/** A ring's table as it is asked: places in `seats`, owner first. */
export interface Table {
  readonly slots: number;
  readonly width: number;
  readonly seats: readonly string[];
  readonly holders: Uint16Array;
}

export interface Slots {
  readonly epoch: number;
  readonly now: Table;
  readonly next: Table | null;
}

export function decodeSlots(map: SlotMap): Slots {
  const table = (sent: SlotTable): Table => ({
    slots: map.slots,
    width: sent.width,
    seats: sent.seats,
    holders: decode16(sent.table),
  });
  return { epoch: map.epoch, now: table(map.now), next: map.next && table(map.next) };
}

function decode16(base64: string): Uint16Array {
  const bytes = atob(base64);
  return Uint16Array.from(
    { length: bytes.length / 2 },
    (_, i) => bytes.charCodeAt(i * 2) | (bytes.charCodeAt(i * 2 + 1) << 8),
  );
}

/** The members that hold the slot, owner first. */
export function holdersOf({ width, seats, holders }: Table, slot: number): readonly string[] {
  return Array.from(holders.subarray(slot * width, (slot + 1) * width), (seat) => seats[seat]!);
}

export interface Neighbour {
  readonly id: string;
  readonly slots: number;
}

export interface Neighbours {
  /** Who holds copies of the slots that the member owns, and of how many. */
  readonly successors: readonly Neighbour[];
  /** Whose slots the member holds copies of. */
  readonly predecessors: readonly Neighbour[];
}

export function neighboursOf(table: Table, id: string): Neighbours {
  const { slots, width, seats, holders } = table;
  const after = new Uint32Array(seats.length);
  const before = new Uint32Array(seats.length);
  for (let slot = 0; slot < slots; slot++) {
    const owner = holders[slot * width]!;
    for (let at = slot * width + 1; at < (slot + 1) * width; at++) {
      const holder = holders[at]!;
      if (seats[owner] === id) after[holder]! += 1;
      if (seats[holder] === id) before[owner]! += 1;
    }
  }
  const list = (counts: Uint32Array): readonly Neighbour[] =>
    Array.from(counts, (count, seat) => ({ id: seats[seat]!, slots: count }))
      .filter((neighbour) => neighbour.slots > 0)
      .sort((a, b) => b.slots - a.slots || a.id.localeCompare(b.id, 'en', { numeric: true }));
  return { successors: list(after), predecessors: list(before) };
}

export const FINE = 0;
export const MOVING = 1;
/** Fewer live copies than wanted. */
export const SHORT = 2;
/** Too few for its quorums. */
export const BARE = 3;

/** The worst of each bin's slots, so that a single one shows. `live`: whose copies count. */
export function slotHealth(
  { now, next }: Slots,
  live: ReadonlySet<string>,
  wanted: { readonly copies: number; readonly quorum: number; readonly bins: number },
): Uint8Array {
  const bins = new Uint8Array(Math.min(wanted.bins, now.slots));
  for (let slot = 0; slot < now.slots; slot++) {
    const bin = Math.floor((slot * bins.length) / now.slots);
    const holders = holdersOf(now, slot);
    const copies = holders.filter((id) => live.has(id)).length;
    const health =
      copies < Math.min(wanted.quorum, now.width)
        ? BARE
        : copies < wanted.copies
          ? SHORT
          : next !== null && holdersOf(next, slot).some((id) => !holders.includes(id))
            ? MOVING
            : FINE;
    if (health > bins[bin]!) bins[bin] = health;
  }
  return bins;
}

export interface Shares {
  /** Slots that the member owns, and those of which it holds a copy for another; ascending. */
  readonly owned: readonly number[];
  readonly copied: readonly number[];
}

export function sharesOf(table: Table, id: string): Shares {
  const [owned, copied]: [number[], number[]] = [[], []];
  for (let slot = 0; slot < table.slots; slot++) {
    const at = holdersOf(table, slot).indexOf(id);
    if (at >= 0) (at === 0 ? owned : copied).push(slot);
  }
  return { owned, copied };
}

/** `0–3, 7, 9–10`. */
export function rangesText(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length;) {
    let end = at;
    while (numbers[end + 1] === numbers[end]! + 1) end++;
    parts.push(end === at ? `${numbers[at]!}` : `${numbers[at]!}–${numbers[end]!}`);
    at = end + 1;
  }
  return parts.join(', ');
}
