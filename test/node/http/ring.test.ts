import { describe, expect, test } from '@jest/globals';
import { epoch } from '../../../core/api/ids.ts';
import { decodeDocument } from '../../../core/membership/document.ts';
import { withNode } from '../live-node.ts';

describe('the ring over HTTP', () => {
  test('shows members, slots and balance, and the document itself', async () => {
    await withNode(async ({ call, node }) => {
      const view = (await call('GET', '/v1/ring')).json();
      expect(view).toMatchObject({
        clusterId: 'test-ring',
        epoch: 1,
        phase: 'stable',
        slots: 16,
        balance: { max: 16, mean: 16, ratio: 1 },
        members: [
          { id: 'dev-0', state: 'serving', slotsOwned: 16, slotsReplicated: 16, slotsNext: null },
        ],
      });
      const document = decodeDocument(JSON.stringify(view['document']));
      expect(document.members[0]?.incarnation).toBe(node.ports.incarnation);
    });
  });

  test('names hash, slot and owner of a key', async () => {
    await withNode(async ({ call }) => {
      const owner = (await call('GET', '/v1/ring/owner/hello')).json();
      // Published xxh64 of "hello", seed 0.
      expect(owner).toMatchObject({
        key: 'hello',
        hash: '26c7827d889f6da3',
        slot: 2,
        owner: { id: 'dev-0' },
        preferenceList: [{ id: 'dev-0', replica: true }],
      });
      expect((await call('GET', '/v1/ring/owner?key64=Li4')).json()).toMatchObject({ key: '..' });
    });
  });

  test('says where each member takes clients, and on every answer which epoch is known', async () => {
    await withNode(
      async ({ call, node }) => {
        const ring = await call('GET', '/v1/ring');
        const { client } = node.ports;
        expect(ring.json()['members']).toMatchObject([
          { clientAddress: `127.0.0.1:${client.port - node.ports.peer.port + 1}` },
        ]);
        const answers = [
          ring,
          await call('PUT', '/v1/kv/a', { body: 'x' }),
          await call('GET', '/v1/kv/a'),
          await call('GET', '/v1/kv/absent'),
        ];
        expect(answers.map(({ headers }) => headers['x-ring-epoch'])).toEqual(Array(4).fill('7'));
      },
      { document: { epoch: epoch(7) } },
    );
  });

  test('does nothing for who means another ring', async () => {
    await withNode(async ({ call }) => {
      const other = { 'X-Ring-Cluster': 'another-ring' };
      const put = await call('PUT', '/v1/kv/a', { body: 'x', headers: other });
      expect(put.status).toBe(421);
      expect(put.json()).toMatchObject({ code: 'WRONG_RING', retryable: false });
      expect((await call('GET', '/v1/ring', { headers: other })).status).toBe(421);
      const own = { 'X-Ring-Cluster': 'test-ring' };
      expect((await call('GET', '/v1/kv/a', { headers: own })).status).toBe(404);
    });
  });

  test('checks itself', async () => {
    await withNode(async ({ call }) => {
      expect((await call('GET', '/v1/ring/check')).json()).toMatchObject({
        ok: true,
        problems: [],
        members: [{ id: 'dev-0', verdict: 'agrees' }],
      });
    });
  });

  test.each([
    ['/v1/ring.dot', 'text/vnd.graphviz', 'digraph ring {'],
    ['/v1/ring.mmd', 'application/vnd.mermaid', '---\ntitle: "ring test-ring, epoch 1, stable"'],
    ['/v1/ring.svg', 'image/svg+xml', '<svg '],
  ])('draws itself at %s', async (path, type, start) => {
    await withNode(async ({ call }) => {
      const answer = await call('GET', path);
      expect(answer.headers['content-type']).toContain(type);
      expect(answer.body.startsWith(start)).toBe(true);
    });
  });
});
