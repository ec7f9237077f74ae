// Asks members for the ring document that they hold now, on their client ports: those answer also
// where peers refuse each other, because the ring is split or one of them is behind.
import { get } from 'node:http';
import type { Incarnation } from '../../core/api/ids.ts';
import { DOCUMENT_BYTES_MAX, RING_CHECK_IN_FLIGHT, RING_CHECK_MS } from '../../core/limits.ts';
import { decodeDocument } from '../../core/membership/document.ts';
import type { MemberAnswer } from './ring-check.ts';

export interface Asked {
  readonly incarnation: Incarnation;
  /** host:port */
  readonly clientAddress: string;
}

/** The answer of each; takes RING_CHECK_MS for each that is asked at a time, at most. */
export async function askMembers(
  members: readonly Asked[],
  { clusterId, ms = RING_CHECK_MS }: { readonly clusterId: string; readonly ms?: number },
): Promise<ReadonlyMap<Incarnation, MemberAnswer>> {
  const answers = new Map<Incarnation, MemberAnswer>();
  const left = [...members];
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift())
      answers.set(one.incarnation, await askMember(one, clusterId, ms));
  };
  await Promise.all(Array.from({ length: RING_CHECK_IN_FLIGHT }, worker));
  return answers;
}

async function askMember(
  { incarnation, clientAddress }: Asked,
  clusterId: string,
  ms: number,
): Promise<MemberAnswer> {
  const failed = (reason: string): MemberAnswer => ({ kind: 'failed', reason });
  try {
    const { status, text } = await fetchText(`http://${clientAddress}/v1/ring`, clusterId, ms);
    if (status !== 200) return failed(`${clientAddress} answered with status ${status}`);
    const { answeredBy, document } = JSON.parse(text) as Record<string, unknown>;
    if (answeredBy !== incarnation)
      return failed(`another incarnation, ${String(answeredBy)}, answers at ${clientAddress}`);
    return { kind: 'holds', document: decodeDocument(JSON.stringify(document)) };
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException;
    return failed(
      name === 'AbortError' || name === 'TimeoutError'
        ? `${clientAddress} did not answer within ${ms} ms`
        : `${clientAddress} did not answer: ${code ?? message}`,
    );
  }
}

function fetchText(
  url: string,
  clusterId: string,
  ms: number,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = get(url, {
      // A connection of its own: one that is kept would hold up that member's stop.
      agent: false,
      headers: { 'x-ring-cluster': clusterId },
      signal: AbortSignal.timeout(ms),
    });
    asked.on('error', reject).on('response', (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer
        .on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          // Twice: the members stand beside the document.
          if (bytes > 2 * DOCUMENT_BYTES_MAX) asked.destroy(new Error('its answer does not end'));
        })
        .on('error', reject)
        .on('end', () => {
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
        });
    });
  });
}
