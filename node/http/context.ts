// The causal context as clients carry it: base64url of version, checksum and vector. The checksum
// is keyed by the cluster's secret and covers ring and key: dots count per actor, not per key, so
// the context of one key would silently cover unseen writes of another.
import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { ClusterId } from '../../core/api/ids.ts';
import type { Key, Vector } from '../../core/api/object.ts';
import { RingError } from '../../core/errors.ts';

const LAYOUT = 1;
/** 96 bits of HMAC-SHA256: forging one takes 2^96 requests. */
const CHECKSUM_BYTES = 12;
const VECTOR_AT = 1 + CHECKSUM_BYTES;

/** What a context is good for: one key of one ring. */
export interface ContextScope {
  readonly clusterId: ClusterId;
  readonly key: Key;
}

export interface ContextCodec {
  encode(vector: Vector, scope: ContextScope): string;
  /** Throws BAD_CONTEXT where it is malformed, forged, or of another key or ring. */
  decode(text: string, scope: ContextScope): Vector;
}

/** Whom a vector's text was made for; the vector of a key that is read again is the cache's own. */
interface Made {
  readonly scope: ContextScope;
  readonly text: string;
}

export function contextCodec(clusterSecret: Uint8Array): ContextCodec {
  // As a key object: from plain bytes Node makes one for each checksum, at ten times the cost.
  const key = createSecretKey(
    Buffer.from(hkdfSync('sha256', clusterSecret, '', 'ringkeeper causal context', 32)),
  );
  // A key that is read often costs no checksum; an entry goes with its vector.
  const made = new WeakMap<Vector, Made>();
  const checksum = (vector: Uint8Array, scope: ContextScope): Buffer =>
    createHmac('sha256', key)
      .update(`${scope.clusterId}\0${scope.key.text}\0`)
      .update(vector)
      .digest()
      .subarray(0, CHECKSUM_BYTES);
  return {
    encode(vector, scope) {
      const known = made.get(vector);
      if (known !== undefined && isSame(known.scope, scope)) return known.text;
      const bytes = encodeVector(vector);
      bytes[0] = LAYOUT;
      checksum(bytes.subarray(VECTOR_AT), scope).copy(bytes, 1);
      const text = bytes.toString('base64url');
      made.set(vector, { scope, text });
      return text;
    },
    decode(text, scope) {
      const bytes = Buffer.from(text, 'base64url');
      // Node skips what is no base64url: only the one spelling of these bytes is accepted.
      if (bytes.length < VECTOR_AT || bytes.toString('base64url') !== text || bytes[0] !== LAYOUT) {
        throw new RingError('BAD_CONTEXT', 'X-Ring-Context is not a context of this ring');
      }
      const vector = bytes.subarray(VECTOR_AT);
      if (!timingSafeEqual(bytes.subarray(1, VECTOR_AT), checksum(vector, scope))) {
        throw new RingError('BAD_CONTEXT', 'X-Ring-Context was not made by this ring for this key');
      }
      return decodeVector(vector);
    },
  };
}

function isSame(a: ContextScope, b: ContextScope): boolean {
  return a.key.text === b.key.text && a.clusterId === b.clusterId;
}

/** Room for the head, then per entry: length of the actor, actor, counter as seven bytes. */
function encodeVector({ actors, counters }: Vector): Buffer {
  let size = VECTOR_AT;
  for (const actor of actors) size += 1 + actor.length + 7;
  const bytes = Buffer.allocUnsafe(size);
  let at = VECTOR_AT;
  for (let i = 0; i < actors.length; i++) {
    const actor = actors[i]!;
    bytes[at] = actor.length;
    bytes.write(actor, at + 1, 'latin1');
    at += 1 + actor.length;
    const counter = counters[i]!;
    bytes.writeUIntBE(Math.floor(counter / 2 ** 32), at, 3);
    bytes.writeUInt32BE(counter >>> 0, at + 3);
    at += 7;
  }
  return bytes;
}

/** The checksum held, so these bytes were made by encodeVector. */
function decodeVector(bytes: Buffer): Vector {
  const actors: string[] = [];
  const counters: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + bytes[at]!;
    actors.push(bytes.toString('latin1', at + 1, end));
    counters.push(bytes.readUIntBE(end, 3) * 2 ** 32 + bytes.readUInt32BE(end + 3));
    at = end + 7;
  }
  return { actors, counters };
}
