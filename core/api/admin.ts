// What the operator asks of a node on its admin port, and what it is told.
import type { ChangeId, ClusterId, Epoch, Incarnation, NodeId } from './ids.ts';

/** How far a member is with the slots that a change gives it. Counts are of slots. */
export interface GainProgress {
  readonly change: ChangeId;
  readonly needed: number;
  readonly covered: number;
  readonly keys: number;
  readonly bytes: number;
  /** Why the rest is not covered, for people: `waits for dev-1 to adopt epoch 7`; empty: nothing to wait for. */
  readonly waitingFor: string;
}

/** A node's word about itself. Counts are of this incarnation. */
export interface NodeReport {
  readonly id: NodeId;
  readonly incarnation: Incarnation;
  /** UID of the volume: the claim's, or the data folder's inode. */
  readonly volume: string;
  /** null: it was never given a document. */
  readonly clusterId: ClusterId | null;
  /** The document it holds durably and plans by: its acknowledgement of that epoch (R5). 0: none. */
  readonly epoch: Epoch;
  readonly documentHash: string;
  /** progress.fullBarrier of that document, as far as it was told: losers clean up from there (R8). */
  readonly fullBarrier: Epoch;
  readonly protocolVersionMax: number;
  /** True when the document names this incarnation and it answers replica requests (I5). */
  readonly serving: boolean;
  readonly gains: GainProgress | null;
  /** Slots it lost and still holds records of (R8). */
  readonly uncleanSlots: number;
  readonly hints: { readonly items: number; readonly bytes: number; readonly oldestAgeMs: number };
  /** Records: keys, and marks of deleted ones until they are collected (R10). */
  readonly keys: number;
  readonly bytes: number;
  readonly diskFull: boolean;
  readonly diskFreeBytes: number;
  readonly draining: boolean;
  /** Peers it has not heard from for longer than the suspicion time. */
  readonly silentPeers: readonly Incarnation[];
  /** Records known to be damaged and not healed yet (R9); absent: none. */
  readonly damagedRecords?: number;
  /** Slots to be read back from the disk before a change that leaves one copy may end; absent: none. */
  readonly slotsToReadBack?: number;
  /** Slots that differed from a co-replica's in two comparisons running, with nothing written between. */
  readonly unequalSlots: number;
  /** A document of the same epoch with another hash was met: the ring is split, nobody may go on. */
  readonly splitRing: boolean;
}

/** Load per slot that the member replicates, for the forecast. Arrays of 2^slotBits. */
export interface NodeLoad {
  readonly keys: readonly number[];
  readonly bytes: readonly number[];
}
