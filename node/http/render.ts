// How values look to a client: raw bytes, JSON, or all siblings at once.
import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Sibling } from '../../core/api/object.ts';
import { clockMs } from '../../core/version/clock.ts';

export interface ValueView {
  /** Exactly one of the two: text where the bytes are UTF-8. */
  readonly value?: string;
  readonly value64?: string;
  readonly metadata: {
    readonly contentType: string;
    readonly bytes: number;
    readonly writtenAt: string;
    /** null: it stays. */
    readonly expiresAt: string | null;
  };
}

export function valueView(sibling: Sibling): ValueView {
  const bytes = bytesOf(sibling);
  const isText = isUtf8(bytes);
  return {
    ...(isText ? { value: bytes.toString('utf8') } : { value64: bytes.toString('base64') }),
    metadata: {
      contentType: sibling.contentType,
      bytes: bytes.length,
      writtenAt: new Date(clockMs(sibling.time)).toISOString(),
      expiresAt: sibling.expiresAtMs === 0 ? null : new Date(sibling.expiresAtMs).toISOString(),
    },
  };
}

/** The value's bytes without a copy. */
export function bytesOf({ value }: Sibling): Buffer {
  return value === null
    ? Buffer.alloc(0)
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Whole seconds that a value still lives, at least 1. */
export function secondsLeft({ expiresAtMs }: Sibling, nowMs: number): number {
  return Math.max(1, Math.ceil((expiresAtMs - nowMs) / 1000));
}

/** multipart/mixed with a boundary that no value can hold but by a chance of 2^-144. */
export function multipart(siblings: readonly Sibling[]): {
  readonly type: string;
  readonly body: Buffer;
} {
  const boundary = randomBytes(18).toString('base64url');
  const parts = siblings.flatMap((sibling) => [
    Buffer.from(`--${boundary}\r\nContent-Type: ${sibling.contentType}\r\n\r\n`),
    bytesOf(sibling),
    CRLF,
  ]);
  return {
    type: `multipart/mixed; boundary="${boundary}"`,
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

const CRLF = Buffer.from('\r\n');
