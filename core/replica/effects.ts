// The border of the node's state machine: what goes into step and what comes out. The driver and
// the simulator carry out effects in order and may not reorder a store and what depends on it.
import type { Envelope } from '../api/messages.ts';
import type { Incarnation, RequestId, Slot } from '../api/ids.ts';
import type { Key, KeyRecord, VersionedObject } from '../api/object.ts';
import type { ClientRequest, ClientResult } from '../api/requests.ts';
import type { RingDocument } from '../api/ring-document.ts';

/** Pairs a storage effect with its completion; unique within one process life. */
export type Ticket = number;

/** One change of the store. A `store` effect's writes are applied together, in order, atomically. */
export type StoreWrite =
  /** object null: remove the record. `isNew`: nothing is there, and nobody asked for it: not worth a cache. */
  | {
      readonly kind: 'record';
      readonly key: Key;
      readonly object: VersionedObject | null;
      readonly isNew?: true;
    }
  | { readonly kind: 'erase-slot'; readonly slot: Slot }
  /** At most one hint per (target, key); hint null: remove it. */
  | {
      readonly kind: 'hint';
      readonly target: Incarnation;
      readonly key: Key;
      readonly hint: StoredHint | null;
    }
  | { readonly kind: 'document'; readonly document: RingDocument }
  | { readonly kind: 'actor'; readonly actor: StoredActor }
  /** Small facts of the replica (progress of streams and clean-up); value null: remove. */
  | { readonly kind: 'mark'; readonly name: string; readonly value: string | null };

/** A write kept for `target` since `sinceMs` (hybrid clock, in ms). */
export interface StoredHint {
  readonly object: VersionedObject;
  readonly sinceMs: number;
}

/** R13: the term in use and the highest counter that may be used in it. `clean`: stopped in order at `lease`. */
export interface StoredActor {
  readonly term: number;
  readonly lease: number;
  readonly clean: boolean;
}

/** What a restarted process finds in its store. */
export interface StoredState {
  readonly document: RingDocument | null;
  readonly actor: StoredActor | null;
  readonly marks: ReadonlyMap<string, string>;
  /** Items and bytes of hints by target. */
  readonly hints: ReadonlyMap<Incarnation, { readonly items: number; readonly bytes: number }>;
}

/** Result of a load: `corrupt` is a record whose checksum failed: a lost replica, never "not found" (R9). */
export type Loaded = VersionedObject | null | 'corrupt';

export interface ScannedHint {
  readonly key: Key;
  readonly hint: StoredHint;
}

export type Input =
  | { readonly kind: 'tick' }
  | { readonly kind: 'request'; readonly request: ClientRequest }
  | { readonly kind: 'envelope'; readonly envelope: Envelope }
  /** The operator's document, the same or a newer one. */
  | { readonly kind: 'document'; readonly document: RingDocument }
  | { readonly kind: 'loaded'; readonly ticket: Ticket; readonly object: Loaded }
  /** All writes of that effect, and of all before it, survive a loss of power. */
  | { readonly kind: 'stored'; readonly ticket: Ticket }
  /** `next`: the scan goes on after this key; null: the range's end was reached. `corrupt`: left out. */
  | {
      readonly kind: 'scanned';
      readonly ticket: Ticket;
      readonly records: readonly KeyRecord[];
      readonly corrupt: readonly Key[];
      readonly next: Key | null;
    }
  | {
      readonly kind: 'scanned-hints';
      readonly ticket: Ticket;
      readonly hints: readonly ScannedHint[];
      readonly next: Key | null;
    }
  /** Records that a scrub found damaged (R9). */
  | { readonly kind: 'damaged'; readonly keys: readonly Key[] }
  | { readonly kind: 'disk'; readonly full: boolean; readonly freeBytes: number }
  /** The connection broke: nothing that was asked of this peer will be answered. */
  | { readonly kind: 'disconnected'; readonly peer: Incarnation }
  /** Take no new client requests; what is in flight is finished. */
  | { readonly kind: 'drain' };

export type Effect =
  | { readonly kind: 'send'; readonly envelope: Envelope }
  | { readonly kind: 'reply'; readonly id: RequestId; readonly result: ClientResult }
  /** Sees every store effect issued before it. */
  | { readonly kind: 'load'; readonly ticket: Ticket; readonly key: Key }
  | { readonly kind: 'store'; readonly ticket: Ticket; readonly writes: readonly StoreWrite[] }
  /**
   * A page in stored order (hash, then key bytes), keys after `after` (null: the slot's start) up to
   * and with `until` (null: the slot's end). Sees every store effect issued before it, and may see
   * later ones. At least one record when there is one, however large.
   */
  | {
      readonly kind: 'scan';
      readonly ticket: Ticket;
      readonly slot: Slot;
      readonly after: Key | null;
      readonly until: Key | null;
      readonly limit: number;
      readonly bytesMax: number;
    }
  | {
      readonly kind: 'scan-hints';
      readonly ticket: Ticket;
      readonly target: Incarnation;
      readonly after: Key | null;
      readonly limit: number;
      readonly bytesMax: number;
    }
  /** The document is durable and in force: answer the operator, tell the transport its members. */
  | { readonly kind: 'adopted'; readonly document: RingDocument }
  | { readonly kind: 'event'; readonly event: ReplicaEvent }
  /** This incarnation may not go on: a rolled-back store (R9) or a split ring. The process ends. */
  | { readonly kind: 'halt'; readonly reason: string };

/** Worth a log line; never one per request. */
export type ReplicaEvent =
  | { readonly kind: 'peer-silent' | 'peer-back'; readonly peer: Incarnation }
  | { readonly kind: 'split-ring'; readonly peer: Incarnation; readonly epoch: number }
  | {
      readonly kind: 'slots-covered';
      readonly change: string;
      readonly covered: number;
      readonly needed: number;
    }
  /** Nothing that moved away is left here. */
  | { readonly kind: 'cleaned-up' }
  | { readonly kind: 'data-loss-possible'; readonly slots: readonly Slot[] }
  | { readonly kind: 'corrupt-record'; readonly slot: Slot; readonly key: string }
  /** Everything in flight is finished and the actor is closed: the process may end. */
  | { readonly kind: 'drained' }
  | { readonly kind: 'hints-dropped'; readonly items: number; readonly why: 'age' | 'space' };
