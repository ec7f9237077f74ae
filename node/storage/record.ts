// What lies under a stored key: a checksum over key and body, then the body (an encoded object, a
// hint, or a meta text). The checksum covers the key, so a value under a wrong key is damage too.
import type { Key, Sibling, VersionedObject } from '../../core/api/object.ts';
import type { StoredHint } from '../../core/replica/effects.ts';
import { checksum } from '../codec/crc.ts';
import {
  decodeObject,
  decodeObjectWithBytes,
  encodeObjectInto,
  objectSize,
  withoutBytes,
} from '../codec/object.ts';

const CHECKSUM_BYTES = 4;
const SINCE_BYTES = 8;

export function sealObject(stored: Uint8Array, object: VersionedObject): Buffer {
  const sealed = Buffer.allocUnsafe(CHECKSUM_BYTES + objectSize(object));
  encodeObjectInto(object, sealed, CHECKSUM_BYTES);
  return seal(stored, sealed);
}

export function sealHint(stored: Uint8Array, hint: StoredHint): Buffer {
  const sealed = Buffer.allocUnsafe(CHECKSUM_BYTES + SINCE_BYTES + objectSize(hint.object));
  sealed.writeDoubleBE(hint.sinceMs, CHECKSUM_BYTES);
  encodeObjectInto(hint.object, sealed, CHECKSUM_BYTES + SINCE_BYTES);
  return seal(stored, sealed);
}

export function sealText(stored: Uint8Array, text: string): Buffer {
  return seal(stored, Buffer.concat([Buffer.alloc(CHECKSUM_BYTES), Buffer.from(text, 'utf8')]));
}

/** The object; 'corrupt' where the checksum fails (R9: a lost replica, never "not found"). */
export function openObject(stored: Uint8Array, sealed: Uint8Array): VersionedObject | 'corrupt' {
  const body = open(stored, sealed);
  return body === 'corrupt' ? 'corrupt' : decoded(body, decodeObject);
}

/** As openObject, for a record that will be written on in the bytes that it has here. */
export function openObjectToPass(
  stored: Uint8Array,
  sealed: Uint8Array,
): VersionedObject | 'corrupt' {
  const body = open(stored, sealed);
  return body === 'corrupt' ? 'corrupt' : decoded(body, decodeToPass);
}

function decodeToPass(body: Buffer): VersionedObject {
  return decodeObjectWithBytes(body, 0, body.length);
}

export function openHint(stored: Uint8Array, sealed: Uint8Array): StoredHint | 'corrupt' {
  const body = open(stored, sealed);
  if (body === 'corrupt' || body.length < SINCE_BYTES) return 'corrupt';
  const object = decoded(body.subarray(SINCE_BYTES), decodeObject);
  return object === 'corrupt' ? 'corrupt' : { object, sinceMs: body.readDoubleBE(0) };
}

/** null: the checksum fails. */
export function openText(stored: Uint8Array, sealed: Uint8Array): string | null {
  const body = open(stored, sealed);
  return body === 'corrupt' ? null : body.toString('utf8');
}

/** What `counts` adds up: UTF-8 bytes of the key plus those of the encoded object. */
export function loadBytes(key: Key, object: VersionedObject): number {
  return Buffer.byteLength(key.text) + objectSize(object);
}

/** The encoded object's bytes in a sealed record of so many. */
export function objectBytesIn(sealedLength: number): number {
  return sealedLength - CHECKSUM_BYTES;
}

/**
 * The object with values in buffers of their own. A value that is a view of a peer's frame or of an
 * HTTP body would keep all of that alive for as long as it is held in memory.
 */
export function withOwnValues(object: VersionedObject): VersionedObject {
  if (object.siblings.every(ownsItsBytes)) return withoutBytes(object);
  const siblings = object.siblings.map((sibling) =>
    ownsItsBytes(sibling) ? sibling : { ...sibling, value: new Uint8Array(sibling.value!) },
  );
  return { context: object.context, siblings };
}

/** So many bytes beside the value are no waste worth a copy: a record's own head is among them. */
const SPARE_BYTES = 512;

function ownsItsBytes({ value }: Sibling): boolean {
  return value === null || value.buffer.byteLength <= value.length + SPARE_BYTES;
}

function seal(stored: Uint8Array, sealed: Buffer): Buffer {
  sealed.writeUInt32BE(checksum(stored, sealed.subarray(CHECKSUM_BYTES)), 0);
  return sealed;
}

function open(stored: Uint8Array, sealed: Uint8Array): Buffer | 'corrupt' {
  if (sealed.length < CHECKSUM_BYTES) return 'corrupt';
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
  const body = bytes.subarray(CHECKSUM_BYTES);
  return checksum(stored, body) === bytes.readUInt32BE(0) ? body : 'corrupt';
}

function decoded(
  body: Buffer,
  decode: (body: Buffer) => VersionedObject,
): VersionedObject | 'corrupt' {
  try {
    return decode(body);
  } catch {
    // The checksum holds but the layout is unknown: as good as lost, and no reason to fall over.
    return 'corrupt';
  }
}
