// What nodes say to one another. Plain values: bytes are the transport's business. Every data
// message goes in an envelope whose epoch decides whether it may be acted upon (R4).
import type { ErrorCode } from '../errors.ts';
import type { ChangeId, Epoch, Incarnation, RequestId, Slot } from './ids.ts';
import type { Key, KeyRecord, Vector, VersionedObject } from './object.ts';
import type { ClientRequest, ClientResult } from './requests.ts';
import type { RingDocument } from './ring-document.ts';

/** Pairs a question with its answer; unique per asking incarnation and process life. */
export type CallId = number;

/** Names one process life of an incarnation: drawn at its start, 1 … 2^31. */
export type Life = number;

export interface Envelope {
  readonly from: Incarnation;
  readonly to: Incarnation;
  /** Epoch of the sender's document under which the body was planned; 0: it holds none. */
  readonly epoch: Epoch;
  /** Hash of that document, 16 hexadecimal digits; empty: none. */
  readonly documentHash: string;
  /** The sender's hybrid logical clock. */
  readonly clock: number;
  readonly body: PeerMessage;
  /** The client's request on whose behalf it is sent: for logs alone. null: none, or the peer did not ask for it. */
  readonly about: RequestId | null;
}

/** Digest of one slot: XOR of its records' digests, as two uint32. */
export interface SlotRoot {
  readonly slot: Slot;
  readonly high: number;
  readonly low: number;
}

/** A slot's stream that goes on after this key; null: nothing of it came, for want of room or for damage. */
export interface Unfinished {
  readonly slot: Slot;
  readonly after: Key | null;
}

/** LEAVES pairs of uint32 (high, low), one pair a leaf. */
export interface SlotLeaves {
  readonly slot: Slot;
  readonly leaves: Uint32Array;
}

/** Digests of keys, side by side with the keys: two uint32 (high, low) each. */
export interface KeyDigests {
  readonly keys: readonly Key[];
  readonly digests: Uint32Array;
}

export type PeerQuestion =
  /** Hands a client's write to a replica that coordinates it; `life` is whom it means: never coordinated twice. */
  | {
      readonly kind: 'coordinate';
      readonly call: CallId;
      readonly life: Life;
      readonly request: ClientRequest;
    }
  | { readonly kind: 'read'; readonly call: CallId; readonly key: Key }
  /** A write attempt: the coordinator's whole object (R14). Answered by `stored` once durable. */
  | {
      readonly kind: 'write';
      readonly call: CallId;
      readonly key: Key;
      readonly object: VersionedObject;
    }
  /** Keep it as a hint for `target`, kept by others since `sinceMs` (hybrid clock). Answered by `stored` once durable. */
  | {
      readonly kind: 'hold';
      readonly call: CallId;
      readonly target: Incarnation;
      readonly sinceMs: number;
      readonly record: KeyRecord;
    }
  /** Records to merge: repair, hints, clean-up. Answered by `stored` once durable. All of one slot. */
  | {
      readonly kind: 'push';
      readonly call: CallId;
      readonly slot: Slot;
      readonly records: readonly KeyRecord[];
    }
  /**
   * One page of some slots' streams for a gaining member (R6): at least one slot. `after`: where the
   * first of them goes on; the others start.
   */
  | {
      readonly kind: 'pull';
      readonly call: CallId;
      readonly change: ChangeId;
      readonly slots: readonly Slot[];
      readonly after: Key | null;
    }
  | { readonly kind: 'compare'; readonly call: CallId; readonly roots: readonly SlotRoot[] }
  /** What the asker holds in one leaf between `after` (exclusive) and `until` (inclusive; null: the leaf's end). */
  | {
      readonly kind: 'exchange';
      readonly call: CallId;
      readonly slot: Slot;
      readonly leaf: number;
      readonly after: Key | null;
      readonly until: Key | null;
      readonly held: KeyDigests;
    }
  /** Drop these tombstones where they are still exactly these (R10). */
  | {
      readonly kind: 'collect';
      readonly call: CallId;
      readonly slot: Slot;
      readonly tombstones: KeyDigests;
    }
  | {
      readonly kind: 'list';
      readonly call: CallId;
      readonly slot: Slot;
      readonly after: Key | null;
      readonly prefix: string;
      readonly limit: number;
    };

export type PeerAnswer =
  | { readonly kind: 'coordinated'; readonly call: CallId; readonly result: ClientResult }
  | { readonly kind: 'value'; readonly call: CallId; readonly object: VersionedObject | null }
  /** Durable. `report`: the replica's own context, where the write's object did not cover it (protocol §5). */
  | { readonly kind: 'stored'; readonly call: CallId; readonly report: Vector | null }
  /** Records of the slots asked for; those that are not named as unfinished end with it. */
  | {
      readonly kind: 'page';
      readonly call: CallId;
      readonly records: readonly KeyRecord[];
      readonly unfinished: readonly Unfinished[];
    }
  /** The slots whose roots differ, with all leaves; a slot not named is equal. */
  | {
      readonly kind: 'compared';
      readonly call: CallId;
      readonly unequal: readonly SlotLeaves[];
      readonly equal: readonly Slot[];
    }
  /** What the asker lacks, and what it should push. */
  | {
      readonly kind: 'exchanged';
      readonly call: CallId;
      readonly records: readonly KeyRecord[];
      readonly wanted: readonly Key[];
    }
  /** Objects without their values (value: an empty array where it is live). `next`: as in `page`. */
  | {
      readonly kind: 'listed';
      readonly call: CallId;
      readonly records: readonly KeyRecord[];
      readonly next: Key | null;
    }
  | { readonly kind: 'refused'; readonly call: CallId; readonly code: ErrorCode };

export type PeerNotice =
  | { readonly kind: 'heartbeat'; readonly life: Life }
  | { readonly kind: 'fetch-document' }
  | { readonly kind: 'document'; readonly document: RingDocument };

export type PeerMessage = PeerQuestion | PeerAnswer | PeerNotice;
