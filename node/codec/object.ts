// The binary layout of a VersionedObject, shared by the store and the wire. Widths are fixed and
// numbers are doubles (all are safe integers), so that reading and writing is a handful of moves.
//
//   layout u8 | actors u16 × (length u8, text, counter f64)
//   | siblings u16 × (actor's place u16, counter f64, flags u8, time f64, [expiry f64],
//                     content type's length u16, text, [value's length u32, value])
//
// A sibling's actor is written as its place in the context, which covers every sibling's dot.
import type { Sibling, Vector, VersionedObject } from '../../core/api/object.ts';
import { assert } from '../../core/assert.ts';
import { RingError } from '../../core/errors.ts';
import { readText, textBytes, writeText } from './text.ts';

/** First byte of every encoded object. */
export const OBJECT_LAYOUT = 1;

const HAS_VALUE = 1;
const HAS_EXPIRY = 2;
const HEAD_BYTES = 1 + 2 + 2;
const ACTOR_BYTES = 1 + 8;
const SIBLING_BYTES = 2 + 8 + 1 + 8 + 2;

/**
 * An object that knows its bytes. Records of a page go from disk to wire and from wire to disk in
 * one layout: they are copied there, not made again.
 */
class Encoded implements VersionedObject {
  readonly context: Vector;
  readonly siblings: readonly Sibling[];
  readonly #bytes: Buffer;
  readonly #from: number;
  readonly #to: number;

  constructor({ context, siblings }: VersionedObject, { view, from, to }: Reader) {
    this.context = context;
    this.siblings = siblings;
    this.#bytes = view;
    this.#from = from;
    this.#to = to;
  }

  static size(object: VersionedObject): number | null {
    return #bytes in object ? object.#to - object.#from : null;
  }

  static copy(object: VersionedObject, target: Buffer, offset: number): number | null {
    if (!(#bytes in object)) return null;
    return offset + object.#bytes.copy(target, offset, object.#from, object.#to);
  }
}

/** The object alone, where it came with the bytes that it was read from: for who keeps it. */
export function withoutBytes(object: VersionedObject): VersionedObject {
  const { context, siblings } = object;
  return object instanceof Encoded ? { context, siblings } : object;
}

/** Exact number of bytes that encodeObject makes. */
export function objectSize(object: VersionedObject): number {
  const known = Encoded.size(object);
  if (known !== null) return known;
  const { actors } = object.context;
  let size = HEAD_BYTES + actors.length * ACTOR_BYTES + object.siblings.length * SIBLING_BYTES;
  for (const actor of actors) size += textBytes(actor);
  for (const { value, contentType, expiresAtMs } of object.siblings) {
    size += textBytes(contentType) + (expiresAtMs === 0 ? 0 : 8);
    if (value !== null) size += 4 + value.length;
  }
  return size;
}

/** The object in bytes of its own, which may lie in the runtime's shared pool: not for keeping long. */
export function encodeObject(object: VersionedObject): Uint8Array {
  const bytes = Buffer.allocUnsafe(objectSize(object));
  encodeObjectInto(object, bytes, 0);
  return bytes;
}

/** Writes the object at `offset`, where objectSize(object) bytes are free; returns the offset after it. */
export function encodeObjectInto(object: VersionedObject, target: Buffer, offset: number): number {
  const copied = Encoded.copy(object, target, offset);
  if (copied !== null) return copied;
  const { actors, counters } = object.context;
  assert(
    actors.length <= 0xffff && object.siblings.length <= 0xffff,
    'an object outgrew its layout',
  );
  let at = target.writeUInt8(OBJECT_LAYOUT, offset);
  at = target.writeUInt16BE(actors.length, at);
  for (let i = 0; i < actors.length; i++) {
    const length = textBytes(actors[i]!);
    at = writeText(target, actors[i]!, length, target.writeUInt8(length, at));
    at = target.writeDoubleBE(counters[i]!, at);
  }
  at = target.writeUInt16BE(object.siblings.length, at);
  for (const sibling of object.siblings) at = writeSibling(target, sibling, actors, at);
  return at;
}

function writeSibling(
  target: Buffer,
  sibling: Sibling,
  actors: readonly string[],
  offset: number,
): number {
  const { dot, value, contentType, expiresAtMs } = sibling;
  const place = actors.indexOf(dot.actor);
  assert(place >= 0, `a sibling's dot (of ${dot.actor}) lies outside its object's context`);
  let at = target.writeUInt16BE(place, offset);
  at = target.writeDoubleBE(dot.counter, at);
  at = target.writeUInt8(
    (value === null ? 0 : HAS_VALUE) | (expiresAtMs === 0 ? 0 : HAS_EXPIRY),
    at,
  );
  at = target.writeDoubleBE(sibling.time, at);
  if (expiresAtMs !== 0) at = target.writeDoubleBE(expiresAtMs, at);
  const length = textBytes(contentType);
  at = writeText(target, contentType, length, target.writeUInt16BE(length, at));
  if (value === null) return at;
  at = target.writeUInt32BE(value.length, at);
  target.set(value, at);
  return at + value.length;
}

/**
 * The object in these bytes, all of them. Values are views of `bytes` and keep them alive. Throws
 * RingError FRAME_INVALID where they are no object.
 */
export function decodeObject(bytes: Uint8Array): VersionedObject {
  return readWhole(new Reader(bufferOf(bytes), 0, bytes.length));
}

/** As decodeObject, of the bytes in between; the object keeps all of them, for who writes it on. */
export function decodeObjectWithBytes(bytes: Buffer, from: number, to: number): VersionedObject {
  const reader = new Reader(bytes, from, to);
  return new Encoded(readWhole(reader), reader);
}

function readWhole(reader: Reader): VersionedObject {
  const layout = reader.uint8();
  if (layout !== OBJECT_LAYOUT)
    throw malformed(`layout ${layout}; this build reads ${OBJECT_LAYOUT}`);
  // Arrays of the right length: one that grows by push keeps room for 16 more, and objects are cached.
  const actors = new Array<string>(reader.count(ACTOR_BYTES));
  const counters = new Array<number>(actors.length);
  for (let i = 0; i < actors.length; i++) {
    actors[i] = kept(reader.text(reader.uint8()));
    counters[i] = reader.number();
  }
  const siblings = new Array<Sibling>(reader.count(SIBLING_BYTES));
  for (let i = 0; i < siblings.length; i++) siblings[i] = readSibling(reader, actors);
  if (reader.at !== reader.to) throw malformed(`${reader.to - reader.at} bytes too many`);
  return { context: { actors, counters }, siblings };
}

function readSibling(reader: Reader, actors: readonly string[]): Sibling {
  const actor = actors[reader.uint16()];
  if (actor === undefined) throw malformed('a sibling names no actor of the context');
  const counter = reader.number();
  const flags = reader.uint8();
  const time = reader.number();
  const expiresAtMs = (flags & HAS_EXPIRY) === 0 ? 0 : reader.number();
  const contentType = kept(reader.text(reader.uint16()));
  const value = (flags & HAS_VALUE) === 0 ? null : reader.raw(reader.uint32());
  return { dot: { actor, counter }, value, contentType, time, expiresAtMs };
}

const texts = new Map<string, string>();
/** Texts kept at a time; beyond it all are forgotten, so that no peer can make them many. */
const TEXTS_MAX = 1024;

/** One string for all actors and content types that are alike: there are few, in a million objects. */
function kept(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= TEXTS_MAX) texts.clear();
  texts.set(text, text);
  return text;
}

/** Reads forward; a read beyond the end throws FRAME_INVALID, since bytes may come from a peer. */
class Reader {
  readonly view: Buffer;
  readonly from: number;
  readonly to: number;
  at: number;

  /** Of the bytes from `from` to `to` (exclusive). */
  constructor(view: Buffer, from: number, to: number) {
    this.view = view;
    this.from = this.at = from;
    this.to = to;
  }

  uint8(): number {
    return this.view.readUInt8(this.skip(1));
  }

  uint16(): number {
    return this.view.readUInt16BE(this.skip(2));
  }

  /** How many entries of at least so many bytes follow. */
  count(entryBytes: number): number {
    const count = this.uint16();
    const missing = count * entryBytes - (this.to - this.at);
    if (missing > 0) throw malformed(`${missing} bytes are missing`);
    return count;
  }

  uint32(): number {
    return this.view.readUInt32BE(this.skip(4));
  }

  /** A safe integer ≥ 0. */
  number(): number {
    const number = this.view.readDoubleBE(this.skip(8));
    if (!Number.isSafeInteger(number) || number < 0) throw malformed(`number ${number}`);
    return number;
  }

  text(length: number): string {
    const from = this.skip(length);
    return readText(this.view, from, this.at);
  }

  raw(length: number): Uint8Array {
    const { buffer, byteOffset } = this.view;
    return new Uint8Array(buffer, byteOffset + this.skip(length), length);
  }

  /** Where the next `length` bytes begin. */
  private skip(length: number): number {
    const from = this.at;
    this.at += length;
    const missing = this.at - this.to;
    if (missing > 0) throw malformed(`${missing} bytes are missing`);
    return from;
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function malformed(why: string): RingError {
  return new RingError('FRAME_INVALID', `these bytes are no stored object: ${why}`);
}
