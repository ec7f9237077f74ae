import { describe, expect, test } from '@jest/globals';
import { withNode } from '../live-node.ts';
import type { LiveNode } from '../live-node.ts';

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
