import { describe, expect, test } from '@jest/globals';
import { incarnation, nodeId } from '../../../core/api/ids.ts';
import type { Incarnation } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { keyOf, slotOf } from '../../../core/ring/hash.ts';
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

/** Of 16 slots each: those of 0 are that member's, those of 1 of one that never answers. */
function withAbsentMember(
  who: Incarnation,
  owner: (slot: number) => 0 | 1,
): Pick<RingDocument, 'members' | 'current'> {
  const { members, current } = oneMemberRing(who);
  const absent = incarnation('bb'.repeat(8));
  return {
    members: [...members, { ...members[0]!, id: nodeId('dev-1'), incarnation: absent }],
    current: {
      ...current,
      seats: [...current.seats, { ...current.seats[0]!, incarnation: absent }],
      owners: [Uint16Array.from({ length: 16 }, (_, slot) => owner(slot))],
    },
  };
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
    const who = incarnation('aa'.repeat(8));
    const document = oneMemberRing(
      who,
      withAbsentMember(who, (slot) => (slot % 2 === 0 ? 0 : 1)),
    );
    expect([...slotsToWalk(document, 'dev-1')]).toEqual([1, 3, 5, 7, 9, 11, 13, 15]);
    expect([...slotsToWalk(document, undefined)]).toHaveLength(16);
  });

  test('a page ends before a slot that does not answer, and only the next one fails', async () => {
    const steps = async (live: LiveNode): Promise<void> => {
      const who = incarnation(live.node.ports.incarnation);
      await live.adopt(withAbsentMember(who, (slot) => (slot === 9 ? 1 : 0)));
      await fill(live, KEYS);
      const first = (await live.call('GET', '/v1/keys?limit=1000')).json();
      const listed = (first['keys'] as { key: string }[]).map(({ key }) => key).sort();
      expect(listed).toEqual(KEYS.filter((key) => slotOf(keyOf(key), 4) < 9).sort());
      const next = await live.call('GET', `/v1/keys?limit=1000&cursor=${String(first['cursor'])}`);
      expect(['QUORUM_UNAVAILABLE', 'TIMEOUT']).toContain(next.json()['code']);
    };
    await withNode(steps, { document: null });
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
