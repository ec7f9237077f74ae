// The stored ring document of a local cluster: one file, replaced by compare-and-set (R1).
import type { RingDocument } from '../../core/api/ring-document.ts';
import { RingError } from '../../core/errors.ts';
import { decodeDocument, documentHash, encodeDocument } from '../../core/membership/document.ts';
import { readIfThere, writeDurably } from './durable-file.ts';
import type { Lock } from './lock.ts';

export interface DocumentFile {
  /** null: none was ever stored. */
  read(): Promise<RingDocument | null>;
  /**
   * Durable when it resolves. Throws CONFLICT where the stored one is not `replaces`, or where the
   * epoch would fall (I2).
   */
  store(document: RingDocument, replaces: RingDocument | null): Promise<void>;
}

export function documentFile(path: string, lock: Lock): DocumentFile {
  return {
    read: () => readDocument(path),
    store: async (document, replaces) => {
      const stored = await readDocument(path);
      if (!isSame(stored, replaces)) {
        throw new RingError(
          'CONFLICT',
          `the stored document is ${nameOf(stored)}, not ${nameOf(replaces)}`,
        );
      }
      if (stored !== null && document.epoch < stored.epoch) {
        throw new RingError('CONFLICT', `epoch ${document.epoch} would follow ${nameOf(stored)}`);
      }
      // The lock makes comparing and setting one step; it is looked at last, right before the write.
      await lock.assertHeld();
      await writeDurably(path, encodeDocument(document));
    },
  };
}

/** The document in the file; null where there is none. A damaged file throws BAD_REQUEST, never null. */
export async function readDocument(path: string): Promise<RingDocument | null> {
  const text = await readIfThere(path);
  return text === null ? null : decodeDocument(text);
}

function isSame(a: RingDocument | null, b: RingDocument | null): boolean {
  if (a === null || b === null) return a === b;
  return a.epoch === b.epoch && documentHash(a) === documentHash(b);
}

function nameOf(document: RingDocument | null): string {
  return document === null ? 'none' : `epoch ${document.epoch} (${documentHash(document)})`;
}
