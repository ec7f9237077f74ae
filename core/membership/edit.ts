// What every edit of a ring document has in common: a stamp that makes the next epoch (I2), a
// check that the outcome is one ring (I9), and a refusal where the edit does not apply.
import type { Epoch } from '../api/ids.ts';
import type { Member, RingDocument } from '../api/ring-document.ts';
import { assert } from '../assert.ts';
import { checkDocument } from './document.ts';

/** When an edit is made (wall clock, ms) and the epoch that it makes. */
export interface Stamp {
  readonly nowMs: number;
  readonly epoch: Epoch;
}

/** The next document, or why the edit does not apply to this one. */
export type Edit =
  | { readonly kind: 'edited'; readonly document: RingDocument }
  | { readonly kind: 'refused'; readonly why: string };

/** An edit that does not apply; nothing was changed. */
export function refused(why: string): Edit {
  return { kind: 'refused', why };
}

/** The edit's outcome, once it is sure that epochs grow (I2) and the ring is a ring (I9). */
export function edited(before: RingDocument | null, after: RingDocument): Edit {
  assert(
    after.epoch > (before?.epoch ?? 0),
    `I2: epoch ${after.epoch} does not follow ${before?.epoch}`,
  );
  const wrong = checkDocument(after);
  assert(wrong.length === 0, `I9: ${wrong.slice(0, 3).join('; ')}`);
  return { kind: 'edited', document: after };
}

/** The order of members in a document: by id, then incarnation, so that equal rings hash equal. */
export function byName(a: Member, b: Member): number {
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return a.incarnation < b.incarnation ? -1 : Number(a.incarnation > b.incarnation);
}
