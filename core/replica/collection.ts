// Tombstones go only when nothing can bring back what they delete (R10, I7): older than the grace
// period, confirmed equal by every replica since, and the slot not moving.
import type { Incarnation, Slot } from '../api/ids.ts';
import type { Key, KeyRecord } from '../api/object.ts';
import { defined } from '../assert.ts';
import {
  COLLECT_TICKS,
  PAGE_BYTES,
  PAGE_RECORDS,
  TICK_MS,
  TOMBSTONES_WATCHED_MAX,
} from '../limits.ts';
import { slotSets } from '../membership/document.ts';
import { differingLeaves, leafOf, rootOf } from '../version/digest.ts';
import { collectableSince, objectDigest } from '../version/siblings.ts';
import { digestsOf } from './anti-entropy.ts';
import { setObject, withCell } from './cells.ts';
import { agreedMs } from './clocks.ts';
import { tally } from './counters.ts';
import { knownDigest, withDigest } from './digests.ts';
import type { KeyDigests } from '../api/messages.ts';
import type { Replica } from './state.ts';
import { ask, enforces, isServing, scanSlot } from './state.ts';

/** The first of a slot's replicas collects for all, one slot at a time. */
export function tickCollection(r: Replica): void {
  if (r.collecting || !isServing(r) || r.tick % COLLECT_TICKS !== 0 || isMoving(r)) return;
  const document = defined(r.document, 'a document');
  const slots = 1 << document.slotBits;
  for (let seen = 0; seen < slots; seen++) {
    const slot = r.collectCursor;
    r.collectCursor = (r.collectCursor + 1) % slots;
    if (slotSets(document, slot).reads.members[0] !== r.incarnation) continue;
    if (knownDigest(r, slot)?.mayHoldTombstones === false) continue;
    r.collecting = true;
    return withDigest(r, slot, (digest) => {
      // What is written while the slot is read raises the flag again.
      digest.mayHoldTombstones = false;
      collectPage(r, slot, null);
    });
  }
}

/** A slot is moving until every loser has confirmed its clean-up; unknown means moving. */
function isMoving(r: Replica): boolean {
  if (!enforces(r, 'R10')) return false;
  const { phase, uncleaned } = defined(r.document, 'a document');
  return phase !== 'stable' || uncleaned.length > 0 || r.adopting !== null;
}

function collectPage(r: Replica, slot: Slot, after: Key | null): void {
  scanSlot(r, { slot, after, until: null, limit: PAGE_RECORDS, bytesMax: PAGE_BYTES }, (page) => {
    const old: KeyRecord[] = [];
    const digest = knownDigest(r, slot);
    for (const record of page.records) {
      const since = collectableSince(record.object);
      if (since === null) continue;
      if (digest !== null) digest.mayHoldTombstones = true;
      if (isOldEnough(r, slot, since) && isLongKnown(r, record)) old.push(record);
    }
    const goOn = (): void => {
      if (page.next !== null) collectPage(r, slot, page.next);
      else r.collecting = false;
    };
    if (old.length === 0) goOn();
    else confirm(r, slot, old, goOn);
  });
}

/**
 * A tombstone's own date comes from one clock, which may have run hours behind when nobody else was
 * heard yet: besides, this process must have seen exactly this one for the grace period.
 */
function isLongKnown(r: Replica, { key, object }: KeyRecord): boolean {
  if (!enforces(r, 'R10')) return true;
  const { high, low } = objectDigest(key, object);
  const known = r.tombstones.get(key.text);
  if (known?.high === high && known.low === low) {
    return (
      (r.tick - known.tick) * TICK_MS > defined(r.document, 'a document').limits.tombstoneGraceMs
    );
  }
  if (r.tombstones.size < TOMBSTONES_WATCHED_MAX)
    r.tombstones.set(key.text, { high, low, tick: r.tick });
  return false;
}

/** By the clocks of all replicas: one that runs ahead may not delete what the others still need. */
function isOldEnough(r: Replica, slot: Slot, sinceMs: number): boolean {
  if (!enforces(r, 'R10')) return r.nowMs > sinceMs;
  const { limits } = defined(r.document, 'a document');
  const { everyone } = slotSets(defined(r.document, 'a document'), slot);
  return agreedMs(r, everyone) - sinceMs > limits.tombstoneGraceMs;
}

/** Asks every other replica, now, whether it holds the same leaves; collects where all say so. */
function confirm(r: Replica, slot: Slot, old: readonly KeyRecord[], then: () => void): void {
  const document = defined(r.document, 'a document');
  const others = slotSets(document, slot).everyone.filter((m) => m !== r.incarnation);
  const digest = knownDigest(r, slot);
  if (digest === null) return then();
  if (!enforces(r, 'R10')) return collect(r, slot, old, others, then);
  const root = rootOf(digest.leaves);
  const leaves = digest.leaves.slice();
  const unequal = new Set<number>();
  let open = others.length,
    whole = true;
  const decided = (): void => {
    const sure = old.filter(({ key }) => !unequal.has(leafOf(key, document.slotBits)));
    if (!whole || r.document !== document || isMoving(r) || sure.length === 0) return then();
    collect(r, slot, sure, others, then);
  };
  if (open === 0) return decided();
  for (const other of others) {
    ask(
      r,
      other,
      (call) => ({ kind: 'compare', call, roots: [{ slot, ...root }] }),
      (answer) => {
        const theirs =
          answer?.kind === 'compared' ? answer.unequal.find((l) => l.slot === slot) : undefined;
        if (theirs !== undefined)
          for (const leaf of differingLeaves(leaves, theirs.leaves)) unequal.add(leaf);
        else if (answer?.kind !== 'compared' || !answer.equal.includes(slot)) whole = false;
        if (--open === 0) decided();
      },
    );
  }
}

function collect(
  r: Replica,
  slot: Slot,
  old: readonly KeyRecord[],
  others: readonly Incarnation[],
  then: () => void,
): void {
  const tombstones = digestsOf(old);
  for (const other of others) {
    ask(
      r,
      other,
      (call) => ({ kind: 'collect', call, slot, tombstones }),
      () => undefined,
    );
  }
  dropTombstones(r, tombstones, then);
}

/** Drops each tombstone that is still exactly the one named. */
export function dropTombstones(r: Replica, tombstones: KeyDigests, then: () => void): void {
  let open = tombstones.keys.length;
  const done = (): void => {
    if (--open === 0) then();
  };
  if (open === 0) return then();
  tombstones.keys.forEach((key, i) =>
    withCell(r, key, (cell) => {
      if (cell.state !== 'ready' || cell.object === null) return done();
      const { high, low } = objectDigest(key, cell.object);
      const same = high === tombstones.digests[i * 2] && low === tombstones.digests[i * 2 + 1];
      if (!same || collectableSince(cell.object) === null) return done();
      r.tombstones.delete(key.text);
      tally(r, 'tombstones-collected');
      setObject(r, cell, null, done);
    }),
  );
}
