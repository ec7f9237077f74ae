// Edits that move no slot: losses, clean-up, receipts, departures, settings, addresses, and the
// progress of a full barrier. Each but the last is a new epoch in the same phase (protocol §2).
import type { Incarnation } from '../api/ids.ts';
import type {
  Assignment,
  DataLimits,
  Member,
  Receipt,
  RingDocument,
} from '../api/ring-document.ts';
import { PROTOCOL_VERSION } from '../limits.ts';
import { memberOf } from './document.ts';
import { edited, refused } from './edit.ts';
import type { Edit, Stamp } from './edit.ts';

/** Marks incarnations whose volumes are proved gone: they never act again (R5, R9). */
export function markLost(document: RingDocument, lost: readonly Incarnation[], stamp: Stamp): Edit {
  const named = lost.filter((incarnation) => memberOf(document, incarnation)?.lost === false);
  if (named.length === 0) return refused('none of them is a member that is not marked yet');
  return edited(document, {
    ...stamped(document, stamp),
    members: document.members.map((m) =>
      named.includes(m.incarnation) ? { ...m, lost: true } : m,
    ),
    uncleaned: document.uncleaned.filter((incarnation) => !named.includes(incarnation)),
  });
}

/** Takes members from `uncleaned`: the caller has their word that they hold nothing lost (R10). */
export function confirmCleanUp(
  document: RingDocument,
  cleaned: readonly Incarnation[],
  stamp: Stamp,
): Edit {
  const uncleaned = document.uncleaned.filter((incarnation) => !cleaned.includes(incarnation));
  if (uncleaned.length === document.uncleaned.length)
    return refused('none of them had to clean up');
  return edited(document, { ...stamped(document, stamp), uncleaned });
}

/** Stores receipts, before anything is removed (I6). A receipt says as well that clean-up is done. */
export function recordReceipts(
  document: RingDocument,
  receipts: readonly Receipt[],
  stamp: Stamp,
): Edit {
  const known = new Set(document.receipts.map((receipt) => receipt.incarnation));
  const added = receipts.filter((receipt) => !known.has(receipt.incarnation));
  if (added.length === 0) return refused('they are recorded already');
  const serving = added.find((receipt) => seated(document, receipt.incarnation));
  if (serving !== undefined)
    return refused(`${serving.id} ${serving.incarnation} still has a seat`);
  const gone = new Set(added.map((receipt) => receipt.incarnation));
  return edited(document, {
    ...stamped(document, stamp),
    uncleaned: document.uncleaned.filter((incarnation) => !gone.has(incarnation)),
    receipts: [...document.receipts, ...added].sort(byIncarnation),
  });
}

/**
 * Forgets members whose node is gone: with a receipt, or lost and without a seat (then their
 * successors have covered one another, R6). Their receipts have served and go as well.
 */
export function dropMembers(
  document: RingDocument,
  gone: readonly Incarnation[],
  stamp: Stamp,
): Edit {
  for (const incarnation of gone) {
    if (seated(document, incarnation)) return refused(`${incarnation} still has a seat`);
    const proved =
      hasReceipt(document, incarnation) || memberOf(document, incarnation)?.lost === true;
    if (!proved) return refused(`${incarnation} has no receipt and is not lost`);
  }
  if (gone.length === 0) return refused('nobody is gone');
  const stays = ({ incarnation }: Member | Receipt) => !gone.includes(incarnation);
  return edited(document, {
    ...stamped(document, stamp),
    members: document.members.filter(stays),
    receipts: document.receipts.filter(stays),
    uncleaned: document.uncleaned.filter((incarnation) => !gone.includes(incarnation)),
  });
}

/** What may be set on a living ring. */
export interface Settings {
  readonly mode: RingDocument['mode'];
  readonly conflicts: RingDocument['conflicts'];
  readonly limits: DataLimits;
  /** The highest that all members speak. */
  readonly protocolVersion: number;
}

/** Sets what differs. Limits that could harm data that exists are refused. */
export function configure(document: RingDocument, settings: Settings, stamp: Stamp): Edit {
  const harm = harmIn(document.limits, settings.limits);
  if (harm !== null) return refused(harm);
  if (
    settings.protocolVersion < document.protocolVersion ||
    settings.protocolVersion > PROTOCOL_VERSION
  ) {
    return refused(`protocol version ${settings.protocolVersion} is out of range`);
  }
  return edited(document, { ...stamped(document, stamp), ...settings });
}

/** Why new limits could harm; null: they cannot, also while some members hold the old ones. */
export function harmIn(old: DataLimits, wanted: DataLimits): string | null {
  if (wanted.keyBytesMax < old.keyBytesMax || wanted.valueBytesMax < old.valueBytesMax) {
    return 'keys and values that exist may be larger than the new limit';
  }
  const graceMs = Math.min(old.tombstoneGraceMs, wanted.tombstoneGraceMs);
  const hintMs = Math.max(old.hintAgeMs, wanted.hintAgeMs);
  const operationMs = Math.max(old.operationMs, wanted.operationMs);
  // R10: a tombstone must outlive every hint and every operation, of whichever limits.
  return graceMs > hintMs + operationMs
    ? null
    : 'tombstones would not outlive hints and operations';
}

/** Gives members the addresses that they are reached at now. */
export function readdress(
  document: RingDocument,
  addresses: ReadonlyMap<Incarnation, string>,
  stamp: Stamp,
): Edit {
  const members = document.members.map((member) => {
    const address = addresses.get(member.incarnation) ?? member.address;
    return address === member.address ? member : { ...member, address };
  });
  if (members.every((member, i) => member === document.members[i]))
    return refused('they have these addresses');
  return edited(document, { ...stamped(document, stamp), members });
}

/**
 * Says that nobody was missing at this epoch (R8). Progress only: the same epoch and hash. The
 * caller has seen the full barrier.
 */
export function postFullBarrier(document: RingDocument): RingDocument {
  return { ...document, progress: { ...document.progress, fullBarrier: document.epoch } };
}

/** True where the incarnation may be taken away: its proof is stored (I6). */
export function hasReceipt(document: RingDocument, incarnation: Incarnation): boolean {
  return document.receipts.some((receipt) => receipt.incarnation === incarnation);
}

/** True where a ring of the document has a seat for the incarnation. */
export function seated(document: RingDocument, incarnation: Incarnation): boolean {
  const sitsIn = (assignment: Assignment | null) =>
    assignment?.seats.some((seat) => seat.incarnation === incarnation) ?? false;
  return sitsIn(document.current) || sitsIn(document.next);
}

function stamped(document: RingDocument, stamp: Stamp): RingDocument {
  return {
    ...document,
    epoch: stamp.epoch,
    progress: { ...document.progress, sinceMs: stamp.nowMs },
  };
}

const byIncarnation = (a: Receipt, b: Receipt): number => (a.incarnation < b.incarnation ? -1 : 1);
