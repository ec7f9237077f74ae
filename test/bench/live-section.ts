// What the sections that need a running ring share: starting it, filling it, and asking its nodes.
import type { RingDocument } from '../../core/api/ring-document.ts';
import { decodeDocument } from '../../core/membership/document.ts';
import { Connection, requestBytes } from '../live/connection.ts';
import { OperatedRing } from '../live/operated-ring.ts';
import type { RingWish } from '../live/operated-ring.ts';
import { until } from '../live/until.ts';
import { LoadGenerator } from './load.ts';

export const VALUE_BYTES = 100;
const BATCH_KEYS = 1000;
const FILLERS = 4;
/** ms in which a batch must be through. */
const FILL_MS = 30_000;
const VALUE = 'x'.repeat(VALUE_BYTES);

export async function withRing<T>(
  wish: RingWish,
  use: (ring: OperatedRing) => Promise<T>,
): Promise<T> {
  const ring = await OperatedRing.start(wish);
  try {
    return await use(ring);
  } finally {
    await ring.destroy();
  }
}

export async function withGenerator<T>(use: (generator: LoadGenerator) => Promise<T>): Promise<T> {
  const generator = new LoadGenerator();
  try {
    return await use(generator);
  } finally {
    generator.close();
  }
}

export function keyName(index: number): string {
  return `bench-${index}`;
}

export function getText(index: number): string {
  return requestBytes('GET', `/v1/kv/${keyName(index)}`).toString('latin1');
}

export function putText(index: number): string {
  const headers = { 'Content-Type': 'application/octet-stream' };
  return requestBytes('PUT', `/v1/kv/${keyName(index)}`, {
    headers,
    body: Buffer.from(VALUE),
  }).toString('latin1');
}

/** Writes keys `from` … `count` − 1 through the nodes in turn, many at once; ms that it took. */
export async function fill(
  ring: OperatedRing,
  count: number,
  tell: (line: string) => void,
  from = 0,
): Promise<number> {
  const began = performance.now();
  let next = from;
  const ports = ring.nodes().map(({ ports: { client } }) => client);
  await Promise.all(
    Array.from({ length: FILLERS }, async (_, filler) => {
      const connection = new Connection(ports[filler % ports.length]!);
      while (next < count) {
        const at = next;
        next += BATCH_KEYS;
        await writeBatch(
          connection,
          Array.from({ length: Math.min(BATCH_KEYS, count - at) }, (_item, i) => at + i),
        );
        tell(`${Math.min(next, count)} of ${count} keys written`);
      }
      connection.close();
    }),
  );
  return performance.now() - began;
}

interface Verdict {
  readonly status: number;
  readonly retryable?: boolean;
}

/** Writes these keys; what the ring could not take just now is sent again. */
async function writeBatch(connection: Connection, indexes: readonly number[]): Promise<void> {
  let left = indexes;
  await until(`${indexes.length} keys are written`, FILL_MS, async () => {
    const operations = left.map((index) => ({ op: 'put', key: keyName(index), value: VALUE }));
    const { status, body } = await connection.ask(
      requestBytes('POST', '/v1/batch', { body: Buffer.from(JSON.stringify({ operations })) }),
    );
    if (status !== 200) throw new Error(`a batch was refused: ${status} ${body.toString('utf8')}`);
    const { results } = JSON.parse(body.toString('utf8')) as {
      readonly results: readonly Verdict[];
    };
    const bad = results.find((verdict) => verdict.status !== 204 && verdict.retryable !== true);
    if (bad !== undefined) throw new Error(`a key was not written: ${JSON.stringify(bad)}`);
    left = left.filter((_index, i) => results[i]!.status !== 204);
    return left.length === 0;
  });
}

/** The ring document as the node holds it. */
export async function documentAt(port: number): Promise<RingDocument> {
  const connection = new Connection(port);
  const { body } = await connection.ask(requestBytes('GET', '/v1/ring'));
  connection.close();
  const { document } = JSON.parse(body.toString('utf8')) as { document: unknown };
  return decodeDocument(JSON.stringify(document));
}
