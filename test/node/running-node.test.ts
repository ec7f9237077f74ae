import { pino } from 'pino';
import { describe, expect, test } from '@jest/globals';
import { incarnation, nodeId, zone } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { encodeDocument } from '../../core/membership/document.ts';
import { claim } from '../../core/ring/claim.ts';
import { startNode } from '../../node/running-node.ts';
import type { RunningNode } from '../../node/running-node.ts';
import { CONFIG, liveNode } from './live-node.ts';
import type { LiveNode } from './live-node.ts';
import { oneMemberRing } from './one-member-ring.ts';

function ringOf(nodes: readonly RunningNode[]): RingDocument {
  const seats = nodes.map((node, i) => ({
    incarnation: incarnation(node.ports.incarnation),
    zone: zone(`z${i}`),
  }));
  return oneMemberRing(seats[0]!.incarnation, {
    members: nodes.map((node, i) => ({
      ...seats[i]!,
      id: nodeId(node.ports.id),
      address: node.ports.advertise,
      state: 'serving',
      lost: false,
    })),
    current: claim({
      from: null,
      seats,
      slotBits: 4,
      replicationFactor: 3,
      readQuorum: 2,
      writeQuorum: 2,
    }),
  });
}

/** Three real nodes in this process, joined by TCP. */
async function withThree(test: (nodes: readonly LiveNode[]) => Promise<void>): Promise<void> {
  const failures: Error[] = [];
  const nodes = await Promise.all(
    [0, 1, 2].map((i) =>
      startNode({ ...CONFIG, id: nodeId(`dev-${i}`) }, pino({ level: 'silent' }), {
        failed: (_failure, error) => {
          failures.push(error);
        },
      }),
    ),
  );
  try {
    const live = nodes.map(liveNode);
    const body = encodeDocument(ringOf(nodes));
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

  test('each sees in its ring check that all agree', async () => {
    await withThree(async (nodes) => {
      for (const { call } of nodes) {
        await untilStatus(200, async () => {
          const { ok } = (await call('GET', '/v1/ring/check')).json();
          return { status: ok === true ? 200 : 0 };
        });
        const { members } = (await call('GET', '/v1/ring/check')).json() as {
          members: { verdict: string }[];
        };
        expect(members.map((member) => member.verdict)).toEqual(['agrees', 'agrees', 'agrees']);
      }
    });
  });
});
