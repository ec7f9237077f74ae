// Counts of slots and peers by state, as this node sees them: what health pages and alerts rest on.
import type { NodeReport } from '../core/api/admin.ts';
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
    const gone = new Set(seen.silentPeers);
    for (const member of document.members) if (member.lost) gone.add(member.incarnation);
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
