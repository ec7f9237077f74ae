// Where everything lies in the store. A stored key is a space's letter, then: a record's hash (8
// bytes, big-endian) and UTF-8 key, so that a slot is one contiguous range whatever slotBits is; a
// hint's target with its length, then hash and key; or the name of a meta value.
import { isUtf8 } from 'node:buffer';
import type { Incarnation, Slot } from '../../core/api/ids.ts';
import type { Key } from '../../core/api/object.ts';
import { readText, textBytes, writeText } from '../codec/text.ts';

const RECORD = 0x72; // r
const HINT = 0x68; // h
const META = 0x6d; // m

const RECORD_HEAD = 1 + 8;

/** Stored keys from `from` (inclusive) to `to` (exclusive). */
export interface StoredRange {
  readonly from: Buffer;
  readonly to: Buffer;
}

export const ALL_RECORDS: StoredRange = {
  from: Buffer.from([RECORD]),
  to: Buffer.from([RECORD + 1]),
};
export const ALL_HINTS: StoredRange = { from: Buffer.from([HINT]), to: Buffer.from([HINT + 1]) };

const RECORD_PREFIX = Buffer.of(RECORD);

export function recordKey(key: Key): Buffer {
  return hashed(RECORD_PREFIX, key);
}

export function hintKey(target: Incarnation, key: Key): Buffer {
  return hashed(hintPrefix(target), key);
}

export function metaKey(name: string): Buffer {
  return Buffer.concat([Buffer.from([META]), Buffer.from(name, 'utf8')]);
}

/** All meta values whose names start with `prefix`. */
export function metaRange(prefix: string): StoredRange {
  const from = metaKey(prefix);
  return { from, to: after(from) };
}

export function slotRange(slot: Slot, slotBits: number): StoredRange {
  const width = 2 ** (32 - slotBits);
  const last = slot === 2 ** slotBits - 1;
  return { from: position(slot * width), to: last ? ALL_RECORDS.to : position((slot + 1) * width) };
}

export function hintRange(target: Incarnation): StoredRange {
  const from = hintPrefix(target);
  return { from, to: after(from) };
}

/** The key in a stored record key; null where damage left no text that could be asked for. */
export function parseRecordKey(stored: Uint8Array): Key | null {
  return parseHashed(stored, 1);
}

export function parseHintKey(stored: Uint8Array): { target: Incarnation; key: Key } | null {
  const length = stored[1] ?? 0;
  const target = Buffer.from(stored.subarray(2, 2 + length)).toString('utf8') as Incarnation;
  const key = parseHashed(stored, 2 + length);
  return key === null ? null : { target, key };
}

export function parseMetaName(stored: Uint8Array): string {
  return Buffer.from(stored.subarray(1)).toString('utf8');
}

/** UTF-8 bytes of the key in a stored record key of so many bytes. */
export function keyBytesIn(storedLength: number): number {
  return storedLength - RECORD_HEAD;
}

/** 0 … 2^slotBits − 1 of a hash's upper half. */
export function slotAt(high: number, slotBits: number): Slot {
  return high >>> (32 - slotBits);
}

/** The slot of a stored record key. */
export function slotOfStored(stored: Uint8Array, slotBits: number): Slot {
  const high = (stored[1]! << 24) | (stored[2]! << 16) | (stored[3]! << 8) | stored[4]!;
  return slotAt(high, slotBits);
}

function position(high: number): Buffer {
  const bytes = Buffer.alloc(5, RECORD);
  bytes.writeUInt32BE(high, 1);
  return bytes;
}

function hintPrefix(target: Incarnation): Buffer {
  const text = Buffer.from(target, 'utf8');
  return Buffer.concat([Buffer.from([HINT, text.length]), text]);
}

function hashed(prefix: Buffer, key: Key): Buffer {
  const head = prefix.length + 8;
  const length = textBytes(key.text);
  const stored = Buffer.allocUnsafe(head + length);
  stored.set(prefix, 0);
  stored.writeUInt32BE(key.high, prefix.length);
  stored.writeUInt32BE(key.low, prefix.length + 4);
  writeText(stored, key.text, length, head);
  return stored;
}

function parseHashed(stored: Uint8Array, prefix: number): Key | null {
  if (stored.length < prefix + 8) return null;
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
  let isAscii = true;
  for (let at = prefix + 8; isAscii && at < bytes.length; at++) isAscii = bytes[at]! < 0x80;
  if (!isAscii && !isUtf8(bytes.subarray(prefix + 8))) return null;
  return {
    text: readText(bytes, prefix + 8, bytes.length),
    high: bytes.readUInt32BE(prefix),
    low: bytes.readUInt32BE(prefix + 4),
  };
}

/** The first stored key after all that start with this prefix. No prefix of ours ends in 0xff. */
function after(prefix: Buffer): Buffer {
  const next = Buffer.from(prefix);
  next[next.length - 1]!++;
  return next;
}
