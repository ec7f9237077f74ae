// The stored ring document of a local cluster: one file, replaced by compare-and-set (R1).
import type { RingDocument } from '../../core/api/ring-document.ts';
import { decodeDocument, encodeDocument } from '../../core/membership/document.ts';
import { checkReplacement } from '../stored-document.ts';
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
      checkReplacement(document, { stored, replaces });
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
