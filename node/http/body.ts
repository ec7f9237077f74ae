// Request bodies, read in memory up to a limit; a body that is too large is refused as soon as that
// is known, and the connection is left in a state in which its sender can read the answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RingError } from '../../core/errors.ts';
import { DISCARD_BYTES_MAX, DISCARD_MS } from '../../core/limits.ts';

const NOTHING = Buffer.alloc(0);

/**
 * Throws VALUE_TOO_LARGE when more than `bytesMax` are announced or arrive, BAD_REQUEST when it
 * breaks off.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  bytesMax: number,
): Promise<Buffer> {
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) > bytesMax)
    return Promise.reject(tooLarge(bytesMax));
  // Where neither length nor encoding was announced there is no body, nor any event of one (server.ts).
  if (announced === '0' || request.readableEnded) return Promise.resolve(NOTHING);
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > bytesMax)
        return settle(() => {
          reject(tooLarge(bytesMax));
        });
      chunks.push(chunk);
    };
    const onEnd = (): void =>
      settle(() => {
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
      });
    const onBroken = (): void =>
      settle(() => {
        reject(new RingError('BAD_REQUEST', `the body broke off after ${bytes} bytes`));
      });
    const settle = (verdict: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('close', onBroken).off('error', onBroken);
      // A later error of the socket has nobody left to tell.
      request.on('error', ignore);
      verdict();
    };
    request.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken);
  });
}

/** True where so much of the body may be to come that the connection is better closed. */
export function leavesMuch(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const announced = request.headers['content-length'];
  return (
    announced === undefined ||
    Number(announced) > SMALL_BYTES ||
    request.headers.expect !== undefined
  );
}

/** bytes that Node may read and drop by itself to keep a connection. */
const SMALL_BYTES = 64 * 1024;

/** Reads and drops what is left of a body, for a bounded time and length. */
export function discardRest(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const finish = (): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', finish).off('close', finish);
      resolve();
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > DISCARD_BYTES_MAX) finish();
    };
    const timer = setTimeout(finish, DISCARD_MS);
    request.on('data', onData).on('end', finish).on('close', finish).on('error', ignore);
    request.resume();
  });
}

function tooLarge(bytesMax: number): RingError {
  return new RingError('VALUE_TOO_LARGE', `the body has more than ${bytesMax} bytes`);
}

function ignore(): void {
  // Nothing is left to do.
}
