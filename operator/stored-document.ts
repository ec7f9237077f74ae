// May this ring document take the place of the stored one? The same answer on every platform; what
// makes comparing and setting one step is the platform's own (R1).
import type { RingDocument } from '../core/api/ring-document.ts';
import { RingError } from '../core/errors.ts';
import { documentHash } from '../core/membership/document.ts';

/** Throws CONFLICT where the stored one is not `replaces`, or where the epoch would fall (I2). */
export function checkReplacement(
  document: RingDocument,
  { stored, replaces }: { stored: RingDocument | null; replaces: RingDocument | null },
): void {
  if (!isSame(stored, replaces)) {
    throw new RingError(
      'CONFLICT',
      `the stored document is ${nameOf(stored)}, not ${nameOf(replaces)}`,
    );
  }
  if (stored !== null && document.epoch < stored.epoch) {
    throw new RingError('CONFLICT', `epoch ${document.epoch} would follow ${nameOf(stored)}`);
  }
}

function isSame(a: RingDocument | null, b: RingDocument | null): boolean {
  if (a === null || b === null) return a === b;
  return a.epoch === b.epoch && documentHash(a) === documentHash(b);
}

function nameOf(document: RingDocument | null): string {
  return document === null ? 'none' : `epoch ${document.epoch} (${documentHash(document)})`;
}
