// May this phase be left (R5, I4)? Who has not acknowledged the document's epoch yet, and whether
// the rest is enough in every replica set.
import type { NodeReport } from '../api/admin.ts';
import type { Incarnation } from '../api/ids.ts';
import type { Assignment, Member, RingDocument } from '../api/ring-document.ts';
import { replicaTable } from '../ring/ring.ts';
import { documentHash } from './document.ts';
import { hasReceipt } from './upkeep.ts';

/** The newest word of each incarnation that could be reached. */
export type Reports = ReadonlyMap<Incarnation, NodeReport>;

/** How long members may be waited for, and where the time stands (ms). */
export interface Patience {
  readonly nowMs: number;
  readonly barrierWaitMs: number;
}

export interface Barrier {
  /**
   * `full`: nobody is missing. `enough`: few enough are, and the wait is over: the phase may be left.
   * `waiting`: few enough are, but they may still come. `short`: too many of one set.
   */
  readonly verdict: 'full' | 'enough' | 'waiting' | 'short';
  readonly missing: readonly Member[];
}

/** Barrier of the document's own epoch. A wait is counted from when that epoch was stored. */
export function barrier(document: RingDocument, reports: Reports, patience: Patience): Barrier {
  const missing = document.members.filter((member) => !acknowledges(document, member, reports));
  if (missing.length === 0) return { verdict: 'full', missing };
  const silent = new Set(missing.map((member) => member.incarnation));
  const bearable =
    toleratesMissing(document.current, silent) &&
    (document.next === null || toleratesMissing(document.next, silent));
  if (!bearable) return { verdict: 'short', missing };
  const waitedMs = patience.nowMs - document.progress.sinceMs;
  return { verdict: waitedMs >= patience.barrierWaitMs ? 'enough' : 'waiting', missing };
}

/** True where the phase may be left (I4). */
export function holds({ verdict }: Barrier): boolean {
  return verdict === 'full' || verdict === 'enough';
}

/**
 * True where this member needs no waiting for: by incarnation, it holds this epoch with this hash,
 * or a later one; it is lost and never acts again (R5); or its receipt is stored: it owned nothing
 * at the epoch that it last acknowledged, and what it plans by an older one is refused (R4).
 */
function acknowledges(document: RingDocument, member: Member, reports: Reports): boolean {
  if (member.lost || hasReceipt(document, member.incarnation)) return true;
  const report = reports.get(member.incarnation);
  if (report === undefined || report.epoch < document.epoch) return false;
  return report.epoch > document.epoch || report.documentHash === documentHash(document);
}

/** True where each replica set misses at most min(W, R) − 1 of its members (R5). */
export function toleratesMissing(
  assignment: Assignment,
  missing: ReadonlySet<Incarnation>,
): boolean {
  const { width, slots, seats } = replicaTable(assignment);
  const { readQuorum, writeQuorum } = assignment;
  const missingMax = Math.min(readQuorum, writeQuorum, width) - 1;
  const isMissing = assignment.seats.map((seat) => missing.has(seat.incarnation));
  if (!isMissing.includes(true)) return true;
  for (let slot = 0; slot < slots; slot++) {
    let count = 0;
    for (let i = slot * width; i < (slot + 1) * width; i++) count += Number(isMissing[seats[i]!]);
    if (count > missingMax) return false;
  }
  return true;
}
