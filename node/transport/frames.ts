// How a stream of bytes is cut into frames: length (uint32), CRC32 of the body (uint32), body, both
// numbers little-endian. An empty body is a probe: it says that the sender lives.
import { crc32 } from 'node:zlib';
import type { ByteWriter } from '../codec/bytes.ts';
import { invalid } from '../codec/bytes.ts';

export const FRAME_HEADER_BYTES = 8;

/**
 * Appends one frame with the body that `write` appends; returns the body's bytes. A body larger than
 * `bytesMax` is taken back: -1, and the writer stands where it stood. So it does when `write` throws.
 */
export function writeFrame(writer: ByteWriter, bytesMax: number, write: () => void): number {
  const start = writer.at;
  let length = -1;
  try {
    writer.reserve(FRAME_HEADER_BYTES);
    writer.at += FRAME_HEADER_BYTES;
    write();
    const written = writer.at - start - FRAME_HEADER_BYTES;
    if (written <= bytesMax) length = written;
  } finally {
    if (length < 0) writer.at = start;
  }
  if (length < 0) return length;
  const body = writer.bytes.subarray(start + FRAME_HEADER_BYTES, writer.at);
  writer.bytes.writeUInt32LE(length, start);
  writer.bytes.writeUInt32LE(crc32(body), start + 4);
  return length;
}

/**
 * Frames of the chunks added, in order. Holds at most one frame that is not complete, in memory of
 * the frame's own size, however small the chunks are. Usage: add one chunk, take until null.
 */
export class FrameReader {
  /** bytes; may be raised between two frames. */
  bytesMax: number;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerFilled = 0;
  #body: Buffer | null = null;
  #bodyFilled = 0;
  #crc = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** All of the chunk before must have been taken. */
  add(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * The next frame's body, null when the chunk is used up: a view, good until the next chunk is
   * added. Throws FRAME_INVALID for an oversized length or a wrong CRC; the stream is lost then.
   */
  take(): Buffer | null {
    if (this.#body !== null) return this.#fill(this.#body);
    if (!this.#readHeader()) return null;
    const length = this.#header.readUInt32LE(0);
    this.#crc = this.#header.readUInt32LE(4);
    if (length > this.bytesMax) {
      throw invalid(`a frame of ${length} bytes where at most ${this.bytesMax} are allowed`);
    }
    this.#headerFilled = 0;
    if (this.#chunk.length - this.#at >= length) {
      const body = this.#chunk.subarray(this.#at, this.#at + length);
      this.#at += length;
      return this.#checked(body);
    }
    this.#body = Buffer.allocUnsafe(length);
    this.#bodyFilled = 0;
    return this.#fill(this.#body);
  }

  #readHeader(): boolean {
    const read = this.#chunk.copy(this.#header, this.#headerFilled, this.#at);
    this.#at += read;
    this.#headerFilled += read;
    return this.#headerFilled === FRAME_HEADER_BYTES;
  }

  #fill(body: Buffer): Buffer | null {
    const read = this.#chunk.copy(body, this.#bodyFilled, this.#at);
    this.#at += read;
    this.#bodyFilled += read;
    if (this.#bodyFilled < body.length) return null;
    this.#body = null;
    return this.#checked(body);
  }

  #checked(body: Buffer): Buffer {
    const crc = crc32(body);
    if (crc === this.#crc) return body;
    throw invalid(
      `a frame's CRC is ${crc.toString(16)}, its header says ${this.#crc.toString(16)}`,
    );
  }
}
