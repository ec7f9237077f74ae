import { describe, expect, test } from '@jest/globals';
import { incarnation, nodeId, zone } from '../../../core/api/ids.ts';
import { slotsToWalk } from '../../../node/http/keys.ts';
import { withNode } from '../live-node.ts';
import type { LiveNode } from '../live-node.ts';
import { oneMemberRing } from '../one-member-ring.ts';

async function allPages(
  { call }: LiveNode,
  query: string,
): Promise<{ keys: string[]; pages: number }> {
  const keys: string[] = [];
  let cursor: string | null = '';
  let pages = 0;
  while (cursor !== null) {
    const page = (await call('GET', `/v1/keys?${query}&cursor=${cursor}`)).json();
    keys.push(...(page['keys'] as { key: string }[]).map(({ key }) => key));
    cursor = page['cursor'] as string | null;
    pages++;
  }
  return { keys, pages };
}

async function fill({ call }: LiveNode, keys: readonly string[]): Promise<void> {
  const operations = keys.map((key) => ({ op: 'put', key, value: 'x' }));
  await call('POST', '/v1/batch', { body: JSON.stringify({ operations }) });
}

const KEYS = Array.from({ length: 100 }, (_, i) => `${i % 2 === 0 ? 'even' : 'odd'}/${i}`);

describe('listing keys', () => {
  test.each([1, 7, 100, 1000])('pages of %i give each key exactly once', async (limit) => {
    await withNode(async (live) => {
      await fill(live, KEYS);
      const { keys, pages } = await allPages(live, `limit=${limit}`);
      expect([...keys].sort()).toEqual([...KEYS].sort());
      expect(pages).toBeGreaterThanOrEqual(KEYS.length / limit);
    });
  });

  test('a prefix keeps the others out, and deleted keys are gone', async () => {
    await withNode(async (live) => {
      await fill(live, KEYS);
      await live.call('DELETE', '/v1/kv/even%2F0');
      const { keys } = await allPages(live, 'limit=10&prefix=even%2F');
      expect([...keys].sort()).toEqual(
        KEYS.filter((key) => key.startsWith('even/') && key !== 'even/0').sort(),
      );
    });
  });

  test('those of a member are all of a ring of one; who is no member has none to list', async () => {
    await withNode(async (live) => {
      await fill(live, KEYS);
      const { keys } = await allPages(live, 'limit=30&member=dev-0');
      expect([...keys].sort()).toEqual([...KEYS].sort());
      expect((await live.call('GET', '/v1/keys?member=dev-7')).json()).toMatchObject({
        code: 'NOT_FOUND',
        detail: 'there is no member dev-7',
      });
    });
  });

  test('those of a member lie in the slots of which it has a copy', () => {
    const seats = ['aa', 'bb'].map((pair) => ({
      incarnation: incarnation(pair.repeat(8)),
      zone: zone('z'),
    }));
    const document = oneMemberRing(seats[0]!.incarnation, {
      members: seats.map((seat, i) => ({
        ...seat,
        id: nodeId(`dev-${i}`),
        address: '',
        state: 'serving',
        lost: false,
      })),
      current: {
        layout: { kind: 'flat' },
        replicationFactor: 1,
        readQuorum: 1,
        writeQuorum: 1,
        seats,
        owners: [Uint16Array.from({ length: 16 }, (_, slot) => slot % 2)],
      },
    });
    expect([...slotsToWalk(document, 'dev-1')]).toEqual([1, 3, 5, 7, 9, 11, 13, 15]);
    expect([...slotsToWalk(document, undefined)]).toHaveLength(16);
  });

  test('an empty ring is one empty page without a cursor', async () => {
    await withNode(async ({ call }) => {
      expect((await call('GET', '/v1/keys')).json()).toEqual({ keys: [], cursor: null });
    });
  });

  test.each(['cursor=abc', 'cursor=WzAsMV0', 'cursor=WzE2LG51bGxd', 'limit=0', 'limit=1001'])(
    '%s is a bad request',
    async (query) => {
      await withNode(async ({ call }) => {
        expect((await call('GET', `/v1/keys?${query}`)).json()).toMatchObject({
          code: 'BAD_REQUEST',
          status: 400,
        });
      });
    },
  );
});
