// Before the other copies are given up, the one that stays is read back (R7, R9): where the new ring
// promises less than two copies of a write, a damage not yet noticed would be the end of it.
import type { Slot } from '../api/ids.ts';
import type { Key } from '../api/object.ts';
import type { RingDocument } from '../api/ring-document.ts';
import { PAGE_BYTES, PAGE_RECORDS, READ_BACK_MAX } from '../limits.ts';
import { slotSets } from '../membership/document.ts';
import type { ReadBack, Replica } from './state.ts';
import { scanSlot } from './state.ts';

/** What the document in force asks this node to read back; begun anew by each process. */
export function beginReadBack(r: Replica): void {
  const { document } = r;
  if (document?.phase !== 'read-new' || document.change === null) {
    r.readBack = null;
    return;
  }
  const change = document.change.id;
  if (r.readBack?.change === change) return;
  const slots = new Set<Slot>();
  for (let slot = 0; slot < 1 << document.slotBits; slot++) {
    if (isThin(r, document, slot)) slots.add(slot);
  }
  r.readBack = { change, slots, reading: new Set() };
}

/** As long as the change lasts, the old replicas get every write as well, and can heal what is damaged here. */
function isThin(r: Replica, document: RingDocument, slot: Slot): boolean {
  const { writes, reads } = slotSets(document, slot);
  return writes.length > 1 && reads.write < 2 && reads.members.includes(r.incarnation);
}

/** Once a tick: the next slots, unless what was found is still to be healed. */
export function tickReadBack(r: Replica): void {
  const { readBack } = r;
  if (readBack === null || r.corrupt.length + r.healing.size + r.unhealed.size > 0) return;
  const { slots, reading } = readBack;
  for (const slot of slots) {
    if (reading.size >= READ_BACK_MAX) return;
    if (reading.has(slot)) continue;
    reading.add(slot);
    readPage(r, readBack, { slot, after: null });
  }
}

function readPage(r: Replica, readBack: ReadBack, at: { slot: Slot; after: Key | null }): void {
  const range = { ...at, until: null, limit: PAGE_RECORDS, bytesMax: PAGE_BYTES };
  scanSlot(r, range, ({ corrupt, next }) => {
    if (r.readBack !== readBack) return;
    r.corrupt.push(...corrupt);
    if (corrupt.length === 0 && next !== null)
      return readPage(r, readBack, { slot: at.slot, after: next });
    readBack.reading.delete(at.slot);
    // A slot that held damage is read once more, with the next tick.
    if (corrupt.length > 0) return;
    readBack.slots.delete(at.slot);
    tickReadBack(r);
  });
}
