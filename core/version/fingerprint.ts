// What a VersionedObject looks like as bytes to hash: its context and its dots, never its values.
// Two replicas that hold the same versions hold the same values (R3), so this is all to compare.
import type { Actor, VersionedObject } from '../api/object.ts';
import { utf8, xxh64 } from '../xxh64.ts';
import type { Digest } from './digest.ts';

/**
 * Grown as needed and overwritten by each call: the core runs on one thread and nothing keeps it.
 */
let scratch = new Uint8Array(1024);

/** Hashes of actors' names: a ring has few, and their text is most of what would be hashed. */
const actorHashes = new Map<Actor, Digest>();
const ACTOR_HASHES_MAX = 8192;

/**
 * xxh64 of (high, low, context, dots). A dot's actor stands as its place in the context, which
 * covers every dot; counts stand in front, so that different versions never spell the same bytes.
 */
export function versionHash(object: VersionedObject, high: number, low: number): Digest {
  const { actors, counters } = object.context;
  const { siblings } = object;
  const needed = 16 + 16 * (actors.length + siblings.length);
  if (needed > scratch.length) scratch = new Uint8Array(2 * needed);
  put(0, high, low);
  put(8, actors.length, siblings.length);
  let at = 16;
  for (let i = 0; i < actors.length; i++) {
    const name = hashOfActor(actors[i]!);
    put(at, name.high, name.low);
    putCounter(at + 8, counters[i]!);
    at += 16;
  }
  for (const { dot } of siblings) {
    put(at, actors.indexOf(dot.actor), 0);
    putCounter(at + 8, dot.counter);
    at += 16;
  }
  return xxh64(scratch.subarray(0, at));
}

function hashOfActor(actor: Actor): Digest {
  const known = actorHashes.get(actor);
  if (known !== undefined) return known;
  if (actorHashes.size >= ACTOR_HASHES_MAX) actorHashes.clear();
  const hash = xxh64(utf8(actor));
  actorHashes.set(actor, hash);
  return hash;
}

/** Counters are safe integers: their upper part is beyond what a shift sees. */
function putCounter(at: number, counter: number): void {
  put(at, Math.floor(counter / 2 ** 32), counter >>> 0);
}

function put(at: number, high: number, low: number): void {
  scratch[at] = high;
  scratch[at + 1] = high >>> 8;
  scratch[at + 2] = high >>> 16;
  scratch[at + 3] = high >>> 24;
  scratch[at + 4] = low;
  scratch[at + 5] = low >>> 8;
  scratch[at + 6] = low >>> 16;
  scratch[at + 7] = low >>> 24;
}
