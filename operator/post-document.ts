// Posts the stored document to nodes, whatever they run on.
import type { NodeId } from '../core/api/ids.ts';
import type { RingDocument } from '../core/api/ring-document.ts';
import { RingError } from '../core/errors.ts';
import type { NodeClient } from './node-client.ts';

/** Resolves when all hold it durably. Throws CONFLICT where one holds a newer document. */
export async function postDocument(
  document: RingDocument,
  to: readonly NodeId[],
  clientOf: (id: NodeId) => NodeClient | null,
): Promise<void> {
  const results = await Promise.allSettled(
    to.map(async (id) => {
      const client = clientOf(id);
      if (client === null) throw new RingError('PEER_UNREACHABLE', `${id} has no address`);
      await client.adopt(document);
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw postFailure(result.reason);
}

/** A node that holds a newer document shows that the world moved on; any other failure stays what it is. */
function postFailure(reason: unknown): unknown {
  return reason instanceof RingError && reason.code === 'STALE_DOCUMENT'
    ? new RingError('CONFLICT', 'a node holds a newer document', { cause: reason })
    : reason;
}
