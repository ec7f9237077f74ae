// The document of a ring in which nothing goes on, for tests that need some ring, whatever it is.
import { clusterId, epoch } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { DATA_LIMITS, PROTOCOL_VERSION } from '../../../core/limits.ts';

/** Of these members, at epoch 1, unless told otherwise. */
export function atRest(
  ring: Pick<RingDocument, 'slotBits' | 'members' | 'current'> & Partial<RingDocument>,
): RingDocument {
  return {
    clusterId: clusterId('0123456789abcdef'),
    epoch: epoch(1),
    phase: 'stable',
    hash: 'xxh64',
    protocolVersion: PROTOCOL_VERSION,
    next: null,
    change: null,
    settled: null,
    mode: 'strict',
    conflicts: 'siblings',
    limits: DATA_LIMITS,
    uncleaned: [],
    receipts: [],
    progress: { sinceMs: 0, fullBarrier: epoch(1) },
    ...ring,
  };
}
