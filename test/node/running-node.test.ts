import { pino } from 'pino';
import type { Logger } from 'pino';
import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../core/api/ids.ts';
import { encodeDocument } from '../../core/membership/document.ts';
import { startNode } from '../../node/running-node.ts';
import { CONFIG, liveNode } from './live-node.ts';
import type { LiveNode } from './live-node.ts';
import { ringOf } from './live-ring.ts';

interface ThreeOptions {
  readonly replicationFactor?: number;
  /** Where a node's log goes; default: nowhere. */
  readonly log?: (node: string) => Logger;
}

/** Three real nodes in this process, joined by TCP. */
async function withThree(
  test: (nodes: readonly LiveNode[]) => Promise<void>,
  { replicationFactor = 3, log = () => pino({ level: 'silent' }) }: ThreeOptions = {},
): Promise<void> {
  const failures: Error[] = [];
  const nodes = await Promise.all(
    [0, 1, 2].map((i) =>
      startNode({ ...CONFIG, id: nodeId(`dev-${i}`) }, log(`dev-${i}`), {
        failed: (_failure, error) => {
          failures.push(error);
        },
      }),
    ),
  );
  try {
    const live = nodes.map(liveNode);
    const body = encodeDocument(ringOf(nodes, replicationFactor));
    for (const { admin } of live)
      expect((await admin('PUT', '/admin/document', { body })).status).toBe(204);
    await test(live);
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
  expect(failures).toEqual([]);
}

/**
 * Asks until the answer has this status: nodes find each other within a second or so. Jest ends it
 * else.
 */
async function untilStatus(status: number, ask: () => Promise<{ status: number }>): Promise<void> {
  while ((await ask()).status !== status) await new Promise((resolve) => setImmediate(resolve));
}

describe('three nodes', () => {
  test('what one takes the others give, also when one of them has stopped', async () => {
    await withThree(async ([a, b, c]) => {
      await untilStatus(204, () => a!.call('PUT', '/v1/kv/first', { body: 'x' }));
      for (let i = 0; i < 20; i++) await a!.call('PUT', `/v1/kv/key-${i}`, { body: `value ${i}` });
      for (let i = 0; i < 20; i++) {
        expect(await b!.call('GET', `/v1/kv/key-${i}`)).toMatchObject({
          status: 200,
          body: `value ${i}`,
        });
      }
      await c!.node.stop();
      await a!.call('PUT', '/v1/kv/later', { body: 'still' });
      expect(await b!.call('GET', '/v1/kv/later')).toMatchObject({ status: 200, body: 'still' });
    });
  });

  test('a value without a quorum is 503 with needed and answered', async () => {
    await withThree(async ([a, b, c]) => {
      await untilStatus(204, () => a!.call('PUT', '/v1/kv/a', { body: 'x' }));
      await Promise.all([b!.node.stop(), c!.node.stop()]);
      const answer = await a!.call('GET', '/v1/kv/a');
      expect(answer.status).toBe(503);
      expect(answer.json()).toMatchObject({
        code: 'QUORUM_UNAVAILABLE',
        retryable: true,
        needed: 2,
        answered: 1,
      });
    });
  });

  test('a request is followed by its id and its trace through all nodes that worked on it', async () => {
    const { lines, log } = debugLines();
    const about = (id: string) =>
      lines.filter(({ requestId }) => requestId?.startsWith(`${id}~`) === true);
    await withThree(
      async ([a]) => {
        await untilStatus(204, () => a!.call('PUT', '/v1/kv/first', { body: 'x' }));
        const ids = Array.from({ length: 12 }, (_, i) => `order-${i}`);
        for (const id of ids) {
          const headers = { 'X-Request-Id': id, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
          const ask = () => a!.call('PUT', `/v1/kv/of-${id}`, { headers, body: 'x' });
          await untilStatus(204, ask);
        }
        const handedOver = ids.filter((id) => about(id).length > 1);
        expect(handedOver.length).toBeGreaterThan(2);
        for (const id of handedOver) {
          expect(about(id).every(({ traceId }) => traceId === TRACE)).toBe(true);
          expect(about(id).at(-1)).toMatchObject({ node: 'dev-0', msg: 'request answered' });
          expect(about(id)).toContainEqual(
            expect.objectContaining({
              node: expect.not.stringMatching('dev-0'),
              msg: 'write handed over by a peer',
            }),
          );
        }
        expect(lines.filter(({ level, requestId }) => level > 20 && requestId)).toEqual([]);
      },
      { replicationFactor: 1, log },
    );
  });

  test('each replica tells what it was asked for a request, and what it answered', async () => {
    const { lines, log } = debugLines();
    await withThree(
      async ([a]) => {
        await untilStatus(204, () => a!.call('PUT', '/v1/kv/k', { body: 'x' }));
        const headers = {
          'X-Request-Id': 'order-7',
          traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
        };
        await a!.call('PUT', '/v1/kv/k', { headers, body: 'y' });
        const told = () =>
          lines
            .filter(({ requestId }) => requestId?.startsWith('order-7~') === true)
            .map(({ node, msg, asked, answer, traceId }) => ({
              line: [node, msg, asked ?? answer ?? ''].join(' ').trimEnd(),
              traceId,
            }));
        // The third replica's word may come after the client's answer.
        while (told().length < 5) await new Promise((resolve) => setImmediate(resolve));
        expect(
          told()
            .map(({ line }) => line)
            .sort(),
        ).toEqual([
          'dev-0 request answered',
          'dev-1 answered a peer stored',
          'dev-1 asked by a peer write',
          'dev-2 answered a peer stored',
          'dev-2 asked by a peer write',
        ]);
        expect(told().every(({ traceId }) => traceId === TRACE)).toBe(true);
      },
      { log },
    );
  });

  test('whoever does not log single requests is not told of any, and says nothing', async () => {
    const { lines, log } = debugLines();
    await withThree(
      async ([a]) => {
        await untilStatus(204, () => a!.call('PUT', '/v1/kv/k', { body: 'x' }));
        const headers = { 'X-Request-Id': 'order-7' };
        for (const method of ['PUT', 'GET', 'DELETE'])
          await a!.call(method, '/v1/kv/k', {
            headers,
            ...(method === 'PUT' ? { body: 'y' } : {}),
          });
        expect(lines.some(({ msg }) => msg === 'request answered')).toBe(true);
        expect(lines.filter(({ node, requestId }) => node !== 'dev-0' && requestId)).toEqual([]);
      },
      {
        log: (node) => {
          const own = log(node);
          if (node !== 'dev-0') own.level = 'info';
          return own;
        },
      },
    );
  });
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

interface Line {
  readonly node: string;
  readonly msg: string;
  readonly level: number;
  readonly requestId?: string;
  readonly traceId?: string;
  readonly asked?: string;
  readonly answer?: string;
}

/** Everything that nodes log, at debug. */
function debugLines(): { lines: Line[]; log: (node: string) => Logger } {
  const lines: Line[] = [];
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as Line);
  };
  return { lines, log: (node) => pino({ level: 'debug', base: { node } }, { write }) };
}
