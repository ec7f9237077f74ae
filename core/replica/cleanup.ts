// The losing side of a ring change (R8): once the full barrier holds, what a new owner lacks is
// pushed to it, then the slot is erased. Without this, a left-over copy could bring back deletes (I7).
import type { Incarnation, Slot } from '../api/ids.ts';
import type { Key, KeyRecord } from '../api/object.ts';
import { defined } from '../assert.ts';
import { CLEANUPS_MAX, PAGE_BYTES, PAGE_RECORDS } from '../limits.ts';
import { memberOf, slotSets } from '../membership/document.ts';
import { differingLeaves, leafOf, rootOf } from '../version/digest.ts';
import { uncleanMark } from './adoption.ts';
import { forgetSlots } from './cells.ts';
import { withDigest } from './digests.ts';
import type { Replica } from './state.ts';
import { announce, ask, enforces, scanSlot, store } from './state.ts';

/** Works on slots that were lost at or before the last full barrier. */
export function tickCleanUp(r: Replica): void {
  const document = r.document;
  if (document === null || r.unclean.size === 0 || r.adopting !== null) return;
  for (const [slot, since] of r.unclean) {
    if (r.cleaning.size >= CLEANUPS_MAX) return;
    if (r.cleaning.has(slot)) continue;
    if (!enforces(r, 'R8')) erase(r, slot);
    else if (document.progress.fullBarrier >= since) cleanUp(r, slot);
  }
}

function cleanUp(r: Replica, slot: Slot): void {
  const document = defined(r.document, 'a document');
  const owners = slotSets(document, slot).everyone.filter(
    (m) => memberOf(document, m)?.lost === false,
  );
  // A silent owner is waited for: covered at *each* of its new owners. One that is lost holds nothing.
  if (owners.some((owner) => r.suspicion.isSilent(owner))) return;
  r.cleaning.add(slot);
  withDigest(r, slot, ({ leaves }) => {
    // Nothing is held, so nothing can be lacked: no owner needs to be asked.
    if (leaves.every((half) => half === 0)) finish(r, slot, true);
    else coverAtAll(r, slot, owners);
  });
}

/** What an owner would not take is tried again with the next tick. */
function finish(r: Replica, slot: Slot, whole: boolean): void {
  r.cleaning.delete(slot);
  if (whole && r.unclean.has(slot)) erase(r, slot);
}

function coverAtAll(r: Replica, slot: Slot, owners: readonly Incarnation[]): void {
  let open = owners.length,
    whole = open > 0;
  if (open === 0) return finish(r, slot, false);
  const covered = (ok: boolean): void => {
    whole &&= ok;
    if (--open === 0) finish(r, slot, whole);
  };
  for (const owner of owners) coverAt(r, slot, owner, covered);
}

/** Compares the slot with one new owner and pushes the leaves that differ. */
function coverAt(r: Replica, slot: Slot, owner: Incarnation, covered: (ok: boolean) => void): void {
  withDigest(r, slot, (digest) => {
    const root = rootOf(digest.leaves);
    ask(
      r,
      owner,
      (call) => ({ kind: 'compare', call, roots: [{ slot, ...root }] }),
      (answer) => {
        if (answer?.kind !== 'compared') return covered(false);
        const unequal = answer.unequal.find((leaves) => leaves.slot === slot);
        if (unequal === undefined) return covered(answer.equal.includes(slot));
        const leaves = new Set(differingLeaves(digest.leaves, unequal.leaves));
        pushPage(r, { slot, owner, leaves }, null, covered);
      },
    );
  });
}

interface Push {
  readonly slot: Slot;
  readonly owner: Incarnation;
  readonly leaves: ReadonlySet<number>;
}

function pushPage(r: Replica, push: Push, after: Key | null, covered: (ok: boolean) => void): void {
  const { slot, owner, leaves } = push;
  scanSlot(r, { slot, after, until: null, limit: PAGE_RECORDS, bytesMax: PAGE_BYTES }, (page) => {
    if (page.corrupt.length > 0) r.corrupt.push(...page.corrupt);
    const slotBits = defined(r.document, 'a document').slotBits;
    const records: KeyRecord[] = page.records.filter(({ key }) =>
      leaves.has(leafOf(key, slotBits)),
    );
    const goOn = (): void =>
      page.next === null ? covered(true) : pushPage(r, push, page.next, covered);
    if (records.length === 0) return goOn();
    ask(
      r,
      owner,
      (call) => ({ kind: 'push', call, slot, records }),
      (answer) => {
        if (answer?.kind === 'stored') goOn();
        else covered(false);
      },
    );
  });
}

function erase(r: Replica, slot: Slot): void {
  r.cleaning.add(slot);
  forgetSlots(r, new Set([slot]));
  store(r, [{ kind: 'erase-slot', slot }, uncleanMark(slot, null)], () => {
    r.cleaning.delete(slot);
    r.unclean.delete(slot);
    r.digests.delete(slot);
    if (r.unclean.size === 0) announce(r, { kind: 'cleaned-up' });
    else tickCleanUp(r);
  });
}
