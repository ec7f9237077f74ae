// May this node go, and its data with it? Asked at the moment of deletion, on the document as it is
// stored then (I6): a plan may have grown old.
import type { Incarnation, NodeId } from '../core/api/ids.ts';
import type { Receipt, RingDocument } from '../core/api/ring-document.ts';
import { RingError } from '../core/errors.ts';

export interface RemovalRequest {
  readonly id: NodeId;
  /** Who is to go, as planned; null: it never told its name. */
  readonly incarnation: Incarnation | null;
  readonly receipt: Receipt | null;
}

/** What is in the node's place now. */
export interface Occupant {
  /** null: unknown, since the node doesn't run. */
  readonly incarnation: Incarnation | null;
  /** null: it has no volume. */
  readonly volume: string | null;
}

/** Throws CONFLICT, naming what is missing, unless the removal is proved safe. */
export function checkRemoval(
  request: RemovalRequest,
  occupant: Occupant,
  document: RingDocument | null,
): void {
  if (occupant.volume === null) return;
  if (
    occupant.incarnation !== null &&
    request.incarnation !== null &&
    occupant.incarnation !== request.incarnation
  ) {
    throw refused(request, `incarnation ${occupant.incarnation} lives there now`);
  }
  const occupies = occupant.incarnation ?? request.incarnation;
  const named = (document?.members ?? []).filter(
    (member) =>
      member.id === request.id &&
      !member.lost &&
      (occupies === null || member.incarnation === occupies),
  );
  if (
    named.length === 0 &&
    (occupies !== null || document === null || !namesId(document, request.id))
  )
    return;
  const { receipt } = request;
  if (receipt === null)
    throw refused(request, 'the ring document names it, and no receipt is given');
  const recorded = document?.receipts.some((known) => isSame(known, receipt)) ?? false;
  if (!recorded) throw refused(request, 'the stored ring document holds no such receipt');
  if (occupies !== null && receipt.incarnation !== occupies) {
    throw refused(request, `the receipt is for incarnation ${receipt.incarnation}`);
  }
  if (receipt.volume !== occupant.volume) {
    throw refused(
      request,
      `the receipt is for volume ${receipt.volume}, the one there is ${occupant.volume}`,
    );
  }
}

function namesId(document: RingDocument, id: NodeId): boolean {
  return document.members.some((member) => member.id === id);
}

function isSame(a: Receipt, b: Receipt): boolean {
  return (
    a.id === b.id &&
    a.incarnation === b.incarnation &&
    a.change === b.change &&
    a.epoch === b.epoch &&
    a.volume === b.volume
  );
}

function refused({ id, incarnation }: RemovalRequest, why: string): RingError {
  return new RingError('CONFLICT', `${id} (${incarnation ?? 'unnamed'}) is not removed: ${why}`);
}
