// The primitive fields of every binary layout between nodes. Writing grows; reading checks each
// field against what is left, so that no layout can be tricked into a read or an allocation beyond.
import { RingError } from '../../core/errors.ts';
import { readText, textBytes, writeText } from './text.ts';

/** bytes; under half of Buffer.poolSize, so that small writes share one slab. */
const CAPACITY_MIN = 1024;
const CAPACITY_MAX = 256 * 1024;

export class ByteWriter {
  /** Written up to `at`. Replaced when it grows: never keep it. */
  bytes = Buffer.allocUnsafe(CAPACITY_MIN);
  at = 0;

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + more));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }

  /** What was written; the writer starts anew, in memory of its own. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.at);
    this.bytes = Buffer.allocUnsafe(Math.min(Math.max(this.at, CAPACITY_MIN), CAPACITY_MAX));
    this.at = 0;
    return taken;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  flag(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.at = this.bytes.writeUInt32LE(value, this.at);
  }

  /** A safe integer ≥ 0 in groups of seven bits, lowest first: most counts take one byte. */
  count(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.bytes[this.at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest;
  }

  /** Any number, such as a clock, in eight bytes. */
  number(value: number): void {
    this.reserve(8);
    this.at = this.bytes.writeDoubleLE(value, this.at);
  }

  text(value: string): void {
    const length = textBytes(value);
    this.count(length);
    this.reserve(length);
    this.at = writeText(this.bytes, value, length, this.at);
  }

  blob(value: Uint8Array): void {
    this.count(value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  uint32s(values: Uint32Array): void {
    this.count(values.length);
    this.reserve(values.length * 4);
    for (const value of values) this.at = this.bytes.writeUInt32LE(value, this.at);
  }

  optional<T>(value: T | null, write: (writer: ByteWriter, value: T) => void): void {
    this.flag(value !== null);
    if (value !== null) write(this, value);
  }

  list<T>(values: readonly T[], write: (writer: ByteWriter, value: T) => void): void {
    this.count(values.length);
    for (const value of values) write(this, value);
  }
}

/** Throws FRAME_INVALID wherever the bytes cannot be what is asked for. */
export class ByteReader {
  #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    this.#need(1, 'a byte');
    return this.#bytes[this.#at++]!;
  }

  flag(): boolean {
    const value = this.byte();
    if (value > 1) throw invalid(`a flag is ${value}, not 0 or 1`);
    return value === 1;
  }

  uint32(): number {
    this.#need(4, 'a uint32');
    const value = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  count(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const group = this.byte();
      value += (group & 127) * scale;
      if (group < 128 && Number.isSafeInteger(value)) return value;
      if (group < 128) break;
    }
    throw invalid('a count is not a safe integer');
  }

  /** A safe integer ≥ 0 that was written by `number`. */
  whole(): number {
    this.#need(8, 'a number');
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    if (!Number.isSafeInteger(value) || value < 0) throw invalid(`${value} is no whole number`);
    return value;
  }

  text(): string {
    const length = this.#length('a text', 1);
    const text = readText(this.#bytes, this.#at, this.#at + length);
    this.#at += length;
    return text;
  }

  /** A copy: a small value that is kept must not keep the network's whole chunk alive. */
  blob(): Uint8Array {
    const length = this.#length('bytes', 1);
    const { buffer, byteOffset } = this.#bytes;
    const copy = new Uint8Array(new Uint8Array(buffer, byteOffset + this.#at, length));
    this.#at += length;
    return copy;
  }

  /** What is still to be read is copied, once: views of it do not keep the network's chunk. */
  detach(): void {
    this.#bytes = Buffer.from(new Uint8Array(this.#bytes.subarray(this.#at)).buffer);
    this.#at = 0;
  }

  /** As `blob`, without a copy: `use` gets the bytes that it lies in, its start and its end. */
  view<T>(use: (bytes: Buffer, from: number, to: number) => T): T {
    const length = this.#length('bytes', 1);
    this.#at += length;
    return use(this.#bytes, this.#at - length, this.#at);
  }

  uint32s(): Uint32Array {
    const values = new Uint32Array(this.#length('uint32s', 4));
    for (let i = 0; i < values.length; i++) values[i] = this.uint32();
    return values;
  }

  optional<T>(read: (reader: ByteReader) => T): T | null {
    return this.flag() ? read(this) : null;
  }

  list<T>(read: (reader: ByteReader) => T): T[] {
    const values: T[] = [];
    for (let left = this.#length('a list', 1); left > 0; left--) values.push(read(this));
    return values;
  }

  /** The layout ends here. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw invalid(`${left} bytes follow the end of the message`);
  }

  /** A length that the bytes left can hold, `each` bytes an item at the least. */
  #length(what: string, each: number): number {
    const length = this.count();
    this.#need(length * each, what);
    return length;
  }

  #need(bytes: number, what: string): void {
    const left = this.#bytes.length - this.#at;
    if (bytes > left) throw invalid(`${what} of ${bytes} bytes where ${left} are left`);
  }
}

export function invalid(why: string, cause?: unknown): RingError {
  return new RingError('FRAME_INVALID', why, cause === undefined ? undefined : { cause });
}
