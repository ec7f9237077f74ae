// Counts of slots and peers by state, as this node sees them: what health pages and alerts rest on.
import type { NodeReport } from '../core/api/admin.ts';
import type { Incarnation } from '../core/api/ids.ts';
import type { RingDocument } from '../core/api/ring-document.ts';
import { slotSets } from '../core/membership/document.ts';

/** Of the slots that this incarnation holds, but for `unclean`, which it holds no more. */
export interface SlotsByState {
  /** It comes first in their replica set. */
  readonly owned: number;
  readonly replicated: number;
  /** The running change alters their sets. */
  readonly moving: number;
  /** Fewer than N replicas are heard of. */
  readonly under_replicated: number;
  /** Moved away and not cleaned up (R8). */
  readonly unclean: number;
  /** Differ from a co-replica's at the last comparison. */
  readonly unequal: number;
}

type Seen = Pick<NodeReport, 'incarnation' | 'silentPeers' | 'uncleanSlots' | 'unequalSlots'>;

export function slotsByState(document: RingDocument | null, seen: Seen): SlotsByState {
  const counts = { owned: 0, replicated: 0, moving: 0, under_replicated: 0 };
  if (document !== null) {
    const gone = goneOf(document, seen);
    for (let slot = 0; slot < 1 << document.slotBits; slot++) {
      const { reads, writes, everyone } = slotSets(document, slot);
      if (!everyone.includes(seen.incarnation)) continue;
      if (writes.length > 1) counts.moving++;
      if (!reads.members.includes(seen.incarnation)) continue;
      counts.replicated++;
      if (reads.members[0] === seen.incarnation) counts.owned++;
      const live = reads.members.filter((member) => !gone.has(member)).length;
      if (live < document.current.replicationFactor) counts.under_replicated++;
    }
  }
  return { ...counts, unclean: seen.uncleanSlots, unequal: seen.unequalSlots };
}

/**
 * Of all slots of the ring, not only of those held here: when all copies of a slot are gone, nobody is
 * left who holds it and could tell. Each state includes those below it.
 */
export interface RingSlots {
  readonly all: number;
  /** Fewer than N live copies. */
  readonly under_replicated: number;
  /** Fewer than W of some set: writes are refused (R2). */
  readonly below_write_quorum: number;
  /** Fewer than R: reads are refused. */
  readonly below_read_quorum: number;
  readonly without_live_copy: number;
}

export function ringSlots(
  document: RingDocument | null,
  seen: Pick<Seen, 'silentPeers'>,
): RingSlots {
  const counts = {
    all: 0,
    under_replicated: 0,
    below_write_quorum: 0,
    below_read_quorum: 0,
    without_live_copy: 0,
  };
  if (document === null) return counts;
  counts.all = 1 << document.slotBits;
  const gone = goneOf(document, seen);
  const live = ({ members }: { readonly members: readonly Incarnation[] }): number =>
    members.filter((member) => !gone.has(member)).length;
  for (let slot = 0; slot < counts.all; slot++) {
    const { reads, writes } = slotSets(document, slot);
    const copies = live(reads);
    if (copies < document.current.replicationFactor) counts.under_replicated++;
    if (writes.some((set) => live(set) < set.write)) counts.below_write_quorum++;
    if (copies < reads.read) counts.below_read_quorum++;
    if (copies === 0) counts.without_live_copy++;
  }
  return counts;
}

/** Who is silent or lost. */
function goneOf(
  document: RingDocument,
  { silentPeers }: Pick<Seen, 'silentPeers'>,
): ReadonlySet<Incarnation> {
  const lost = document.members.filter((member) => member.lost);
  return new Set([...silentPeers, ...lost.map(({ incarnation }) => incarnation)]);
}

export interface PeersByState {
  readonly reachable: number;
  readonly silent: number;
  readonly lost: number;
}

export function peersByState(
  document: RingDocument | null,
  { incarnation, silentPeers }: Pick<Seen, 'incarnation' | 'silentPeers'>,
): PeersByState {
  const others = document?.members.filter((member) => member.incarnation !== incarnation) ?? [];
  const lost = others.filter((member) => member.lost).length;
  const silent = silentPeers.length;
  return { reachable: others.length - lost - silent, silent, lost };
}
