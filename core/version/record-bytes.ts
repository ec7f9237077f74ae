// How large a record is for people: the one measure of loads, forecasts, streams and progress.
import type { Key, VersionedObject } from '../api/object.ts';
import { utf8 } from '../xxh64.ts';

/**
 * Bytes of a record by the measure of every store's counts: the key's UTF-8 and the object in its
 * binary layout (node/codec/object.ts), so that what a forecast promises is what the streams count.
 * What an object takes in memory is objectBytes.
 */
export function recordBytes(key: Key, { context, siblings }: VersionedObject): number {
  let bytes = utf8Bytes(key.text) + HEAD_BYTES;
  for (const actor of context.actors) bytes += ACTOR_BYTES + utf8Bytes(actor);
  for (const { value, contentType, expiresAtMs } of siblings) {
    bytes += SIBLING_BYTES + utf8Bytes(contentType) + (expiresAtMs === 0 ? 0 : EXPIRY_BYTES);
    if (value !== null) bytes += LENGTH_BYTES + value.length;
  }
  return bytes;
}

/** The fixed parts of the layout; a property over random objects holds them to the codec's own. */
const HEAD_BYTES = 5;
const ACTOR_BYTES = 9;
const SIBLING_BYTES = 21;
const EXPIRY_BYTES = 8;
const LENGTH_BYTES = 4;

/** Streams count every record they carry: the common ASCII text is not copied for its length. */
function utf8Bytes(text: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) >= 0x80) return utf8(text).length;
  }
  return text.length;
}
