// A request's body, in memory up to a limit.
import type { IncomingMessage } from 'node:http';
import { RingError } from '../../core/errors.ts';

/** Throws VALUE_TOO_LARGE. What is left of a larger one is read by nobody: its connection ends. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax)
      throw new RingError('VALUE_TOO_LARGE', `the body has more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
