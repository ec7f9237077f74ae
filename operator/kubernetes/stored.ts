// The ring document as this operator knows it: what the view shows, unless it wrote a later one itself a
// moment ago. The view may be behind, and a plan made on an old document could only be refused.
import type { RingDocument } from '../../core/api/ring-document.ts';
import { RingError } from '../../core/errors.ts';
import { KUBE_LAG_MS } from '../../core/limits.ts';
import { documentIn, storeDocument } from './document-map.ts';
import { CONFIG_MAPS } from './kinds.ts';
import { objectNames } from './names.ts';
import { refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import type { ConfigMap } from './shapes.ts';

export class StoredDocument {
  private written: { readonly document: RingDocument; readonly atMs: number } | null = null;

  async read({ ring, view }: Operated, nowMs: number): Promise<RingDocument | null> {
    const ref = refIn(ring, CONFIG_MAPS, objectNames(ring.name).document);
    const seen = documentIn(await view.get<ConfigMap>(ref));
    const { written } = this;
    if (written === null) return seen;
    // Longer than any lag, it is the view that is right: the store was emptied or restored.
    const isOld = nowMs - written.atMs > KUBE_LAG_MS;
    if (!isOld && isBehind(seen, written.document)) return written.document;
    this.written = null;
    return seen;
  }

  /** Throws CONFLICT where another document is stored by now. */
  async store(
    operated: Operated,
    change: { document: RingDocument; replaces: RingDocument | null },
    nowMs: number,
  ): Promise<void> {
    try {
      await storeDocument(operated.api, operated.ring, change);
      this.written = { document: change.document, atMs: nowMs };
    } catch (error) {
      if (error instanceof RingError) this.written = null;
      throw error;
    }
  }
}

function isBehind(seen: RingDocument | null, written: RingDocument): boolean {
  if (seen === null) return true;
  if (seen.clusterId !== written.clusterId) return false;
  return (
    seen.epoch < written.epoch ||
    (seen.epoch === written.epoch && seen.progress.fullBarrier < written.progress.fullBarrier)
  );
}
