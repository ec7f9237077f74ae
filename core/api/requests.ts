// What a client asks of the ring and what it is told, free of HTTP: the REST routes, the
// coordinator, the simulator's clients and the forwarding between nodes all speak these.
import type { ErrorCode } from '../errors.ts';
import type { RequestId } from './ids.ts';
import type { Key, Sibling, Vector } from './object.ts';

/** `any`: no condition. `absent`: only if the key holds no live value. `matches`: only if its etag is one of these. */
export type WriteCondition =
  | { readonly kind: 'any' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'matches'; readonly etags: readonly string[] };

export interface ReadRequest {
  readonly kind: 'read';
  readonly id: RequestId;
  readonly key: Key;
  /** R for this request; null: the ring's. */
  readonly quorum: number | null;
}

/** A put (value present) or a delete (value null). */
export interface WriteRequest {
  readonly kind: 'write';
  readonly id: RequestId;
  readonly key: Key;
  readonly value: Uint8Array | null;
  readonly contentType: string;
  readonly expiresAtMs: number;
  /** What the client had read; null: replace all that was acknowledged before (protocol §5). */
  readonly context: Vector | null;
  readonly condition: WriteCondition;
  /** W for this request; null: the ring's. */
  readonly quorum: number | null;
}

/** One page of keys: a quorum's view of one slot. The route walks the slots. */
export interface ListRequest {
  readonly kind: 'list';
  readonly id: RequestId;
  readonly slot: number;
  /** Keys after this one in stored order; null: from the slot's start. */
  readonly after: Key | null;
  readonly prefix: string;
  readonly limit: number;
}

export type ClientRequest = ReadRequest | WriteRequest | ListRequest;

/** Live siblings first choice of the caller; empty: not found. The context covers tombstones too. */
export interface ReadResult {
  readonly kind: 'value';
  readonly siblings: readonly Sibling[];
  readonly context: Vector;
  readonly etag: string;
}

export interface WriteResult {
  readonly kind: 'written';
  readonly context: Vector;
  readonly etag: string;
}

export interface ListResult {
  readonly kind: 'keys';
  readonly keys: readonly { readonly key: Key; readonly etag: string }[];
  /** Where the next page starts; null: the slot has no more. */
  readonly next: Key | null;
}

/** A failure the client can act on. `maybeApplied`: the write may have taken effect all the same. */
export interface FailedResult {
  readonly kind: 'failed';
  readonly code: ErrorCode;
  readonly message: string;
  readonly needed?: number;
  readonly answered?: number;
  readonly maybeApplied: boolean;
}

export type ClientResult = ReadResult | WriteResult | ListResult | FailedResult;
