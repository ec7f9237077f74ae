// The concurrent values of one key: dotted version vector sets (Almeida et al. 2014; Riak's DVV
// sets). Decides which values survive a write or a merge; a value goes only where one that had
// seen it is there (I1).
import type { Key, Sibling, Vector, VersionedObject } from '../api/object.ts';
import { clockMs } from './clock.ts';
import type { Digest } from './digest.ts';
import { versionHash } from './fingerprint.ts';
import { compareDots, covers, coversDot, joinVectors, sameVector, withDot } from './vector.ts';

/** Stands for a live value whose bytes were left out. */
const NO_BYTES = new Uint8Array(0);

/**
 * What two replicas know together: a sibling stays if both hold it, or if the side that lacks it
 * never saw it. Idempotent, commutative and associative. Returns `own` (===) where `other` adds
 * nothing, else `other` (===) where `own` is null or adds nothing.
 */
export function mergeObjects(own: VersionedObject | null, other: VersionedObject): VersionedObject {
  if (own === null || own === other) return own ?? other;
  const context = joinVectors(own.context, other.context);
  const ownKept = survivors(own, other);
  const otherKept = survivors(other, own);
  // A side that saw all that the other saw holds whatever the other still holds.
  if (context === own.context && ownKept === own.siblings) return own;
  if (otherKept === other.siblings && covers(other.context, own.context)) return other;
  return { context, siblings: union(ownKept, otherKept) };
}

/**
 * The siblings of `one` that `other` holds too or never saw; its own array (===) where all stay.
 */
function survivors(one: VersionedObject, other: VersionedObject): readonly Sibling[] {
  const stays = (sibling: Sibling): boolean =>
    !coversDot(other.context, sibling.dot) || holdsDot(other.siblings, sibling);
  return one.siblings.every(stays) ? one.siblings : one.siblings.filter(stays);
}

function holdsAll(siblings: readonly Sibling[], wanted: readonly Sibling[]): boolean {
  for (const sibling of wanted) if (!holdsDot(siblings, sibling)) return false;
  return true;
}

function holdsDot(siblings: readonly Sibling[], wanted: Sibling): boolean {
  for (const sibling of siblings) {
    if (sibling === wanted || compareDots(sibling.dot, wanted.dot) === 0) return true;
  }
  return false;
}

/** Both lists ascend by dot, and so does the result; a dot of both stands once, as `own` has it. */
function union(own: readonly Sibling[], other: readonly Sibling[]): readonly Sibling[] {
  const merged: Sibling[] = [];
  let i = 0;
  let j = 0;
  while (i < own.length && j < other.length) {
    const order = compareDots(own[i]!.dot, other[j]!.dot);
    if (order === 0) j++;
    else merged.push(order < 0 ? own[i++]! : other[j++]!);
  }
  while (i < own.length) merged.push(own[i++]!);
  while (j < other.length) merged.push(other[j++]!);
  return merged;
}

/**
 * The object after a write that had read `seen`; null: a write without a context, which replaces
 * everything held here (protocol §5). Siblings that the writer had not seen stay beside the new
 * one. The dot must be fresh (R3, R13): neither `own` nor `seen` covers it.
 */
export function writeObject(
  own: VersionedObject | null,
  seen: Vector | null,
  sibling: Sibling,
): VersionedObject {
  if (own === null) {
    const context = seen === null ? soleDot(sibling) : withDot(seen, sibling.dot);
    return { context, siblings: [sibling] };
  }
  if (seen === null) return { context: withDot(own.context, sibling.dot), siblings: [sibling] };
  const unseen = own.siblings.filter(({ dot }) => !coversDot(seen, dot));
  const context = withDot(joinVectors(own.context, seen), sibling.dot);
  return { context, siblings: union([sibling], unseen) };
}

function soleDot({ dot }: Sibling): Vector {
  return { actors: [dot.actor], counters: [dot.counter] };
}

/** Equal contexts and equal dots: the same versions, and so the same values (R3). */
export function sameVersions(a: VersionedObject, b: VersionedObject): boolean {
  return (
    a === b ||
    (a.siblings.length === b.siblings.length &&
      sameVector(a.context, b.context) &&
      holdsAll(a.siblings, b.siblings))
  );
}

/** No tombstone, and not expired at this wall clock (ms). */
export function isLive(sibling: Sibling, nowMs: number): boolean {
  return sibling.value !== null && (sibling.expiresAtMs === 0 || sibling.expiresAtMs > nowMs);
}

/**
 * What a reader may see at this wall clock (ms); the object's own array (===) where that is all.
 */
export function liveSiblings(object: VersionedObject | null, nowMs: number): readonly Sibling[] {
  if (object === null) return [];
  const live = (sibling: Sibling): boolean => isLive(sibling, nowMs);
  return object.siblings.every(live) ? object.siblings : object.siblings.filter(live);
}

/**
 * The last written by hybrid clock, ties by dot: the same on every replica. null: there is none.
 */
export function latestSibling(siblings: readonly Sibling[]): Sibling | null {
  let latest: Sibling | null = null;
  for (const sibling of siblings) {
    const order =
      latest === null ? 1 : sibling.time - latest.time || compareDots(sibling.dot, latest.dot);
    if (order > 0) latest = sibling;
  }
  return latest;
}

/**
 * Since when (ms, wall clock; possibly to come) every sibling is a tombstone or expired: the grace
 * period of R10 counts from there. null: one of them lives for ever, so it is never collected.
 */
export function collectableSince(object: VersionedObject): number | null {
  let since: number | null = null;
  for (const sibling of object.siblings) {
    if (sibling.value !== null && sibling.expiresAtMs === 0) return null;
    const dead = sibling.value === null ? clockMs(sibling.time) : sibling.expiresAtMs;
    since = Math.max(since ?? dead, dead);
  }
  return since;
}

/** About what it holds in memory, in bytes: values, texts and the objects around them. */
export function objectBytes(object: VersionedObject): number {
  let bytes = 96;
  for (const actor of object.context.actors) bytes += 24 + actor.length;
  for (const { value, contentType } of object.siblings) {
    bytes += 96 + contentType.length + (value === null ? 0 : value.length);
  }
  return bytes;
}

/** The same versions without the bytes: live values become an empty array, tombstones stay. */
export function withoutValues(object: VersionedObject): VersionedObject {
  const siblings = object.siblings.map((sibling) =>
    sibling.value === null ? sibling : { ...sibling, value: NO_BYTES },
  );
  return { context: object.context, siblings };
}

/**
 * Digest of a record for the leaves of anti-entropy: of the key's hash and the versions, never of
 * the values. Keys whose hashes collide still differ, since no dot is used for two keys (R3).
 * Never (0, 0), which stands for "no record".
 */
export function objectDigest(key: Key, object: VersionedObject): Digest {
  const digest = versionHash(object, key.high, key.low);
  return digest.high === 0 && digest.low === 0 ? { high: 0, low: 1 } : digest;
}

const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CODES = Uint8Array.from(URL_SAFE, (character) => character.charCodeAt(0));

/** A key that is read again and again is mostly the same object, from the cache. */
const etags = new WeakMap<VersionedObject, string>();

/**
 * 11 URL-safe characters (64 bits, no quotes) that are equal exactly for the same versions. Only
 * versions of one key are ever compared, and clients choose no dot, so 64 bits never collide.
 */
export function etagOf(object: VersionedObject): string {
  const known = etags.get(object);
  if (known !== undefined) return known;
  const etag = spell(versionHash(object, 0, 0));
  etags.set(object, etag);
  return etag;
}

function spell({ high, low }: Digest): string {
  return String.fromCharCode(
    CODES[high >>> 26]!,
    CODES[(high >>> 20) & 63]!,
    CODES[(high >>> 14) & 63]!,
    CODES[(high >>> 8) & 63]!,
    CODES[(high >>> 2) & 63]!,
    CODES[((high & 3) << 4) | (low >>> 28)]!,
    CODES[(low >>> 22) & 63]!,
    CODES[(low >>> 16) & 63]!,
    CODES[(low >>> 10) & 63]!,
    CODES[(low >>> 4) & 63]!,
    CODES[low & 15]!,
  );
}
