// The disk of a node on a calm network: what a replica stores, and the pages it reads back. It syncs at
// once and forgets nothing.
import type { Incarnation } from '../../../core/api/ids.ts';
import type { Key, KeyRecord } from '../../../core/api/object.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import type {
  Effect,
  Loaded,
  StoredHint,
  StoredState,
  StoreWrite,
} from '../../../core/replica/effects.ts';
import { compareKeys, slotOf } from '../../../core/ring/hash.ts';

export const SLOT_BITS = 4;

/** So many records a page: few, so that most scans take several. */
const PAGE = 3;

/** What a disk holds; a copy may be put back later. */
export interface Disk {
  readonly records: Map<string, KeyRecord>;
  readonly corrupt: Set<string>;
  readonly hints: Map<Incarnation, Map<string, { key: Key; hint: StoredHint }>>;
  readonly marks: Map<string, string>;
  document: RingDocument | null;
  actor: StoredState['actor'];
}

export function emptyDisk(): Disk {
  return {
    records: new Map(),
    corrupt: new Set(),
    hints: new Map(),
    marks: new Map(),
    document: null,
    actor: null,
  };
}

export function copyOf({ records, corrupt, hints, marks, document, actor }: Disk): Disk {
  return {
    records: new Map(records),
    corrupt: new Set(corrupt),
    marks: new Map(marks),
    document,
    actor,
    hints: new Map([...hints].map(([target, held]) => [target, new Map(held)])),
  };
}

/** What a process finds when it starts. */
export function stateOf({ document, actor, marks, hints }: Disk): StoredState {
  const counts = [...hints].map(
    ([target, held]) => [target, { items: held.size, bytes: 0 }] as const,
  );
  return { document, actor, marks, hints: new Map(counts) };
}

export function load({ corrupt, records }: Disk, { text }: Key): Loaded {
  return corrupt.has(text) ? 'corrupt' : (records.get(text)?.object ?? null);
}

/** One page of a slot. */
export function scan(disk: Disk, { slot, after, until, limit }: Extract<Effect, { kind: 'scan' }>) {
  const all = [...disk.records.values()]
    .filter(
      ({ key }) =>
        slotOf(key, SLOT_BITS) === slot &&
        (after === null || compareKeys(key, after) > 0) &&
        (until === null || compareKeys(key, until) <= 0),
    )
    .sort((a, b) => compareKeys(a.key, b.key));
  const page = all.slice(0, Math.min(limit, PAGE));
  const isCorrupt = ({ key }: KeyRecord): boolean => disk.corrupt.has(key.text);
  return {
    records: page.filter((record) => !isCorrupt(record)),
    corrupt: page.filter(isCorrupt).map(({ key }) => key),
    next: page.length < all.length ? page.at(-1)!.key : null,
  };
}

export function apply(disk: Disk, write: StoreWrite): void {
  switch (write.kind) {
    case 'record':
      disk.corrupt.delete(write.key.text);
      if (write.object === null) disk.records.delete(write.key.text);
      else disk.records.set(write.key.text, { key: write.key, object: write.object });
      return;
    case 'erase-slot':
      for (const { key } of disk.records.values()) {
        if (slotOf(key, SLOT_BITS) === write.slot) disk.records.delete(key.text);
      }
      return;
    case 'hint': {
      const held =
        disk.hints.get(write.target) ?? new Map<string, { key: Key; hint: StoredHint }>();
      disk.hints.set(write.target, held);
      if (write.hint === null) held.delete(write.key.text);
      else held.set(write.key.text, { key: write.key, hint: write.hint });
      return;
    }
    case 'document':
      disk.document = write.document;
      return;
    case 'actor':
      disk.actor = write.actor;
      return;
    case 'mark':
      if (write.value === null) disk.marks.delete(write.name);
      else disk.marks.set(write.name, write.value);
  }
}
