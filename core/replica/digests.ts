// The digest tree of each slot: kept in the write path, computed from the store the first time that
// somebody asks after a start.
import type { Slot } from '../api/ids.ts';
import type { Key, VersionedObject } from '../api/object.ts';
import { defined } from '../assert.ts';
import { PAGE_BYTES, PAGE_RECORDS } from '../limits.ts';
import { compareKeys } from '../ring/hash.ts';
import { leafOf, newLeaves, toggle } from '../version/digest.ts';
import { objectDigest } from '../version/siblings.ts';
import type { DigestScan, Replica, Scanned, SlotDigest } from './state.ts';
import { scanSlot } from './state.ts';

/** Called for every change of a record, before the store sees it. */
export function digestChanged(
  r: Replica,
  slot: Slot,
  key: Key,
  before: VersionedObject | null,
  after: VersionedObject | null,
): void {
  const digest = r.digests.get(slot);
  if (digest === undefined) return;
  if (after !== null && isPassing(after)) digest.mayHoldTombstones = true;
  const scan = digest.scan;
  if (scan !== null && (scan.after === null || compareKeys(key, scan.after) > 0)) {
    scan.dirty.set(key.text, { key, object: after });
    return;
  }
  if (before !== null) count(r, digest, key, before);
  if (after !== null) count(r, digest, key, after);
}

/** Holds a tombstone or something that will be one. */
function isPassing(object: VersionedObject): boolean {
  return object.siblings.some((sibling) => sibling.value === null || sibling.expiresAtMs !== 0);
}

function count(r: Replica, digest: SlotDigest, key: Key, object: VersionedObject): void {
  const slotBits = defined(r.document, 'a document').slotBits;
  toggle(digest.leaves, leafOf(key, slotBits), objectDigest(key, object));
}

/** `empty`: the slot holds nothing now. `unknown`: it must be computed again before it is used. */
export function forgetDigest(r: Replica, slot: Slot, now: 'empty' | 'unknown'): void {
  const waiting = r.digests.get(slot)?.scan?.waiting ?? [];
  r.digests.delete(slot);
  if (now === 'empty') {
    r.digests.set(slot, { leaves: newLeaves(), scan: null, mayHoldTombstones: false });
    for (const then of waiting) then();
  } else if (waiting.length > 0)
    for (const then of waiting)
      withDigest(r, slot, () => {
        then();
      });
}

/** The slot's digest, if it is known without reading the store. */
export function knownDigest(r: Replica, slot: Slot): SlotDigest | null {
  const digest = r.digests.get(slot);
  return digest === undefined || digest.scan !== null ? null : digest;
}

/** Calls `then` with the slot's digest, at once or after a scan of the slot. */
export function withDigest(r: Replica, slot: Slot, then: (digest: SlotDigest) => void): void {
  let digest = r.digests.get(slot);
  if (digest !== undefined && digest.scan === null) return then(digest);
  const ready = (): void => {
    const known = knownDigest(r, slot);
    if (known !== null) then(known);
  };
  if (digest?.scan != null) {
    digest.scan.waiting.push(ready);
    return;
  }
  const scan: DigestScan = { after: null, dirty: new Map(), waiting: [ready] };
  digest = { leaves: newLeaves(), scan, mayHoldTombstones: false };
  r.digests.set(slot, digest);
  readPage(r, slot, digest, scan);
}

function readPage(r: Replica, slot: Slot, digest: SlotDigest, scan: DigestScan): void {
  const range = { slot, after: scan.after, until: null, limit: PAGE_RECORDS, bytesMax: PAGE_BYTES };
  scanSlot(r, range, (page) => {
    if (r.digests.get(slot) !== digest || digest.scan !== scan) return;
    countPage(r, digest, scan, page);
    scan.after = page.next;
    if (page.next !== null) return readPage(r, slot, digest, scan);
    digest.scan = null;
    for (const then of scan.waiting) then();
  });
}

/** A page may or may not show what was written while it was read; the dirty map says what holds. */
function countPage(r: Replica, digest: SlotDigest, scan: DigestScan, page: Scanned): void {
  for (const { key, object } of page.records) {
    if (scan.dirty.has(key.text)) continue;
    if (isPassing(object)) digest.mayHoldTombstones = true;
    count(r, digest, key, object);
  }
  for (const { key, object } of scan.dirty.values()) {
    const inPage = page.next === null || compareKeys(key, page.next) <= 0;
    if (inPage && object !== null) count(r, digest, key, object);
  }
  scan.dirty.clear();
}
