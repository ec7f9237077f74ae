// The planner's answers: one action a pass, then observe again. Every action carries what it was
// planned on, so that a stale one is refused rather than carried out.
import type { Incarnation, NodeId } from '../../core/api/ids.ts';
import type { Receipt, RingDocument } from '../../core/api/ring-document.ts';

/** Why a scale-in is refused or something waits; each has a runbook entry (operator.md §2). */
export const WAIT_REASONS = [
  'BelowReplicationFactor',
  'ZoneRuleBroken',
  'UnderReplicated',
  'DiskWouldFill',
  'MemberUnreachable',
  'HintsOutstanding',
  'OperationInFlight',
  'RebuildInProgress',
  'RolloutFailing',
  'DigestMismatch',
  'DocumentUnknown',
  'Paused',
  'NodesStarting',
  'BarrierPending',
  'StreamsRunning',
  'CleanUpRunning',
  'SplitRing',
  'QuorumLost',
] as const;

export type WaitReason = (typeof WAIT_REASONS)[number];

/** Something waits: why, for whom, and what would unblock it. */
export interface Wait {
  readonly reason: WaitReason;
  readonly message: string;
  readonly unblock: string;
  readonly nodes: readonly NodeId[];
}

export type Action =
  | { readonly kind: 'none' }
  /** Create the node, or start it where it is stopped, with the desired revision. */
  | { readonly kind: 'start-node'; readonly id: NodeId }
  /** Stop it in order and start it again with the desired revision. */
  | { readonly kind: 'restart-node'; readonly id: NodeId; readonly why: string }
  /** Compare-and-set: only where the stored document is still `replaces` (null: none stored). */
  | {
      readonly kind: 'store-document';
      readonly document: RingDocument;
      readonly replaces: RingDocument | null;
    }
  /** Post the stored document to these nodes. */
  | {
      readonly kind: 'post-document';
      readonly document: RingDocument;
      readonly to: readonly NodeId[];
    }
  /**
   * Stop the node and delete its volume. `receipt` null only for an incarnation that no document ever
   * named or that is proved lost; the platform checks again at the moment of deletion (I6).
   */
  | {
      readonly kind: 'remove-node';
      readonly id: NodeId;
      readonly incarnation: Incarnation | null;
      readonly receipt: Receipt | null;
    };
