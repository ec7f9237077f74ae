// What one key holds: a dotted version vector set (Riak's DVV sets; Almeida et al. 2014). The
// shapes travel and are stored; the maths on them lives in core/version.

/** A key with its place on the ring. `high` and `low` are the halves of xxh64(UTF-8 of text), uint32 each. */
export interface Key {
  readonly text: string;
  readonly high: number;
  readonly low: number;
}

/** One writer's life: `<incarnation>.<term>` (R13). */
export type Actor = string;

/** One write attempt (R3). `counter` ≥ 1. */
export interface Dot {
  readonly actor: Actor;
  readonly counter: number;
}

/** Version vector: actor → highest counter seen. Actors ascend; both arrays have one length. */
export interface Vector {
  readonly actors: readonly Actor[];
  readonly counters: readonly number[];
}

/** One concurrent value of a key. */
export interface Sibling {
  readonly dot: Dot;
  /** null: a tombstone. */
  readonly value: Uint8Array | null;
  readonly contentType: string;
  /** Hybrid logical clock of the write (see core/version/clock.ts); ties under lastWriterWins only. */
  readonly time: number;
  /** Wall clock in ms since 1970 after which the value counts as a tombstone; 0: never. */
  readonly expiresAtMs: number;
}

/** All that a replica knows of a key. Every sibling's dot is covered by `context`. Siblings ascend by dot. */
export interface VersionedObject {
  readonly context: Vector;
  readonly siblings: readonly Sibling[];
}

/** A key with what it holds, as streams carry it (R14: always the whole object). */
export interface KeyRecord {
  readonly key: Key;
  readonly object: VersionedObject;
}
