// Values by key, slot by slot, paged in stored order: what LevelDB does for the disk, in memory. A
// slot is sorted when it is first paged through after a change of its keys.
import type { Slot } from '../../core/api/ids.ts';
import type { Key } from '../../core/api/object.ts';

export interface Held<T> {
  readonly key: Key;
  readonly value: T;
}

interface Slotful<T> {
  readonly values: Map<string, Held<T>>;
  /** Keys in stored order; null: they changed since. */
  sorted: readonly Key[] | null;
}

export interface PageBounds {
  readonly after: Key | null;
  readonly until: Key | null;
  readonly limit: number;
  readonly bytesMax: number;
}

export class SortedSlots<T> {
  private readonly slots: (Slotful<T> | undefined)[];

  constructor(slotBits: number) {
    this.slots = new Array<Slotful<T> | undefined>(2 ** slotBits).fill(undefined);
  }

  get(slot: Slot, key: Key): Held<T> | undefined {
    return this.slots[slot]?.values.get(key.text);
  }

  set(slot: Slot, key: Key, value: T): void {
    const held = (this.slots[slot] ??= { values: new Map(), sorted: null });
    if (!held.values.has(key.text)) held.sorted = null;
    held.values.set(key.text, { key, value });
  }

  delete(slot: Slot, key: Key): void {
    const held = this.slots[slot];
    if (held?.values.delete(key.text) === true) held.sorted = null;
  }

  erase(slot: Slot): void {
    this.slots[slot] = undefined;
  }

  *all(): Generator<Held<T>> {
    for (const held of this.slots) if (held !== undefined) yield* held.values.values();
  }

  /** At least one where there is one, however large. `next`: the page's last key, where more follow. */
  page(
    slot: Slot,
    bounds: PageBounds,
    bytesOf: (key: Key, value: T) => number,
  ): { readonly page: readonly Held<T>[]; readonly next: Key | null } {
    const held = this.slots[slot];
    if (held === undefined) return { page: [], next: null };
    held.sorted ??= [...held.values.values()].map(({ key }) => key).sort(storedOrder);
    const page: Held<T>[] = [];
    let bytes = 0;
    for (let i = firstAfter(held.sorted, bounds.after); i < held.sorted.length; i++) {
      const key = held.sorted[i]!;
      if (bounds.until !== null && storedOrder(key, bounds.until) > 0) break;
      const found = held.values.get(key.text)!;
      bytes += bytesOf(key, found.value);
      const full = page.length >= bounds.limit || (page.length > 0 && bytes > bounds.bytesMax);
      if (full) return { page, next: page.at(-1)!.key };
      page.push(found);
    }
    return { page, next: null };
  }
}

/** By hash, then by the key's UTF-8 bytes: the order of the stored keys (keys.ts). */
export function storedOrder(a: Key, b: Key): number {
  return (
    a.high - b.high ||
    a.low - b.low ||
    (a.text === b.text ? 0 : Buffer.compare(Buffer.from(a.text), Buffer.from(b.text)))
  );
}

function firstAfter(sorted: readonly Key[], after: Key | null): number {
  if (after === null) return 0;
  let low = 0,
    high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (storedOrder(sorted[middle]!, after) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
