// The ring document: the one stored truth about members, owners and the change under way
// (protocol §2). Made by the operator alone; the maths on it lives in core/membership.
import type { ChangeId, ClusterId, Epoch, Incarnation, NodeId, Zone } from './ids.ts';

export type Phase = 'stable' | 'write-both' | 'read-new';

/** `leaving`: owns slots only in `current`; `left`: owns none and may go once its receipt is recorded. */
export type MemberState = 'joining' | 'serving' | 'leaving' | 'left';

export interface Member {
  readonly id: NodeId;
  readonly incarnation: Incarnation;
  /** host:port of its peer port; stable for an id. */
  readonly address: string;
  readonly zone: Zone;
  readonly state: MemberState;
  /** Its volume is proved gone: this incarnation can never act again (R5). */
  readonly lost: boolean;
}

/** A member as the ring sees it: who, and where it fails together with others. */
export interface Seat {
  readonly incarnation: Incarnation;
  readonly zone: Zone;
}

/**
 * `flat`: one owner array; a replica set is the owner and the next distinct seats clockwise, unseen
 * zones preferred. `zoned`: one owner array per zone; slot s uses N consecutive arrays from s mod zones.
 */
export type Layout =
  { readonly kind: 'flat' } | { readonly kind: 'zoned'; readonly zones: readonly Zone[] };

/** Who owns what, and how many copies count. Self-contained: everything of a ring but addresses. */
export interface Assignment {
  readonly layout: Layout;
  /** N, 1 … 7. */
  readonly replicationFactor: number;
  /** R and W; in every set the smaller of it and the set's size counts. */
  readonly readQuorum: number;
  readonly writeQuorum: number;
  readonly seats: readonly Seat[];
  /** One array (flat) or one per zone (zoned): slot → index into `seats`. Never written after it is made. */
  readonly owners: readonly Uint16Array[];
}

/** The change under way, from `current` to `next`. */
export interface Change {
  readonly id: ChangeId;
  /** What it does, in words for people: `join dev-3, dev-4`. */
  readonly summary: string;
  /** Epoch of its write-both phase. */
  readonly began: Epoch;
}

/** The change that ended last, finished or aborted, and the epoch that ended it. */
export interface SettledChange {
  readonly change: ChangeId;
  readonly epoch: Epoch;
}

/** Proof that a leaving incarnation's slots are covered at N live successors (protocol §3, I6). */
export interface Receipt {
  readonly id: NodeId;
  readonly incarnation: Incarnation;
  readonly change: ChangeId;
  /** The final epoch of that change, at or after which the slots were covered. */
  readonly epoch: Epoch;
  /** UID of its volume; the proof is bound to it. */
  readonly volume: string;
}

/** What data depends on; changes only with a new protocol version. */
export interface DataLimits {
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
  /** Hints older than this are dropped, in ms. */
  readonly hintAgeMs: number;
  /** Tombstones younger than this are never collected, in ms; longer than hintAgeMs + operationMs (R10). */
  readonly tombstoneGraceMs: number;
  /** Deadline of one client operation in ms. */
  readonly operationMs: number;
}

/** Left out of the document's hash; may grow without a new epoch. */
export interface Progress {
  /** Wall clock in ms when this epoch was stored. */
  readonly sinceMs: number;
  /** Highest epoch whose barrier held with nobody missing; losers clean up from there (R8). */
  readonly fullBarrier: Epoch;
}

export interface RingDocument {
  readonly clusterId: ClusterId;
  readonly epoch: Epoch;
  readonly phase: Phase;
  readonly slotBits: number;
  readonly hash: 'xxh64';
  readonly protocolVersion: number;
  /** Ascending by (id, incarnation). An id stands twice while a new incarnation replaces an old one. */
  readonly members: readonly Member[];
  readonly current: Assignment;
  /** null in phase stable. */
  readonly next: Assignment | null;
  readonly change: Change | null;
  /** Receipts and clean-up are bound to it (R8); null or absent: no change has ended yet. */
  readonly settled?: SettledChange | null;
  readonly mode: 'strict' | 'sloppy';
  readonly conflicts: 'siblings' | 'lastWriterWins';
  readonly limits: DataLimits;
  /** Members that lost slots and have not confirmed their clean-up: no tombstone goes meanwhile (R10). */
  readonly uncleaned: readonly Incarnation[];
  readonly receipts: readonly Receipt[];
  readonly progress: Progress;
}
