// Proof that a leaving incarnation may be taken away (protocol §3, I6): every slot it held is
// covered at its successors, at or after the epoch that ended the last change.
import type { NodeReport } from '../api/admin.ts';
import type { ChangeId } from '../api/ids.ts';
import type { Receipt, RingDocument } from '../api/ring-document.ts';
import { documentHash, memberOf } from './document.ts';
import { seated } from './upkeep.ts';

/** A proof, or what is still missing for one. */
export type Proof =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | {
      readonly kind: 'pending';
      readonly what: 'seat' | 'document' | 'barrier' | 'successors' | 'clean-up' | 'hints';
      readonly message: string;
    };

/**
 * The receipt that this node's own word yields, bound to its incarnation and volume. Its slots were
 * handed over when it says that it holds none of them (R8: a loser deletes a slot only when each new
 * owner covers it, and only after the full barrier), and its hints were delivered (R11). Silence is
 * never proof: there is no receipt without a report.
 */
export function proveDeparture(document: RingDocument, report: NodeReport): Proof {
  const { id, incarnation, volume } = report;
  if (document.phase !== 'stable' || seated(document, incarnation)) {
    return pending('seat', `${id} still has a seat on the ring`);
  }
  const { settled } = document;
  const finalEpoch = settled?.epoch ?? document.epoch;
  const current = report.epoch === document.epoch && report.documentHash === documentHash(document);
  if (!current)
    return pending('document', `${id} is at epoch ${report.epoch}, not ${document.epoch}`);
  if (document.progress.fullBarrier < finalEpoch) {
    return pending('barrier', `not every member has acknowledged epoch ${finalEpoch} yet`);
  }
  const lost = document.members.find(
    (member) => member.lost && seated(document, member.incarnation),
  );
  if (lost !== undefined) {
    return pending(
      'successors',
      `${lost.id} lost its volume and is rebuilt first, so that N successors live`,
    );
  }
  // A joiner of an aborted change is unnamed: the old sets, which stayed, hold all that it was told.
  const named = memberOf(document, incarnation) !== undefined;
  if (named && report.uncleanSlots > 0)
    return pending('clean-up', `${id} hands over ${report.uncleanSlots} more slots`);
  if (named && report.hints.items > 0)
    return pending('hints', `${id} delivers ${report.hints.items} more hints`);
  const change = settled?.change ?? ('' as ChangeId);
  return { kind: 'receipt', receipt: { id, incarnation, change, epoch: finalEpoch, volume } };
}

const pending = (what: (Proof & { kind: 'pending' })['what'], message: string): Proof => ({
  kind: 'pending',
  what,
  message,
});
