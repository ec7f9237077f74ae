import { describe, expect, test } from '@jest/globals';
import { clusterId, epoch } from '../../../core/api/ids.ts';
import { decodeDocument } from '../../../core/membership/document.ts';
import { withNode } from '../live-node.ts';

describe('the admin port', () => {
  test('is healthy before it has a document and ready only when that names it', async () => {
    await withNode(
      async ({ admin, adopt }) => {
        expect((await admin('GET', '/healthz')).status).toBe(200);
        expect((await admin('GET', '/readyz')).json()).toMatchObject({ code: 'NOT_SERVING' });
        expect((await admin('GET', '/admin/document')).status).toBe(404);
        await adopt();
        expect((await admin('GET', '/readyz')).status).toBe(200);
      },
      { document: null },
    );
  });

  test.each(['', 'Bearer', 'Bearer wrong', 'Basic token-of-this-test'])(
    'refuses %j as authorization',
    async (authorization) => {
      await withNode(async ({ admin }) => {
        const answer = await admin('GET', '/admin/report', { headers: { authorization } });
        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
        expect(answer.json()).toMatchObject({ code: 'UNAUTHORIZED' });
      });
    },
  );

  test('reports the epoch in force and what it holds', async () => {
    await withNode(async ({ admin, call, node }) => {
      await call('PUT', '/v1/kv/a', { body: 'x' });
      expect((await admin('GET', '/admin/report')).json()).toMatchObject({
        id: 'dev-0',
        incarnation: node.ports.incarnation,
        epoch: 1,
        serving: true,
        keys: 1,
        draining: false,
      });
      const load = (await admin('GET', '/admin/load')).json() as { keys: number[] };
      expect(load.keys.reduce((sum, count) => sum + count, 0)).toBe(1);
      expect(decodeDocument((await admin('GET', '/admin/document')).body).epoch).toBe(1);
    });
  });

  test('takes a newer document and says it when it is in force', async () => {
    await withNode(async ({ adopt, admin }) => {
      expect((await adopt({ epoch: epoch(5) })).status).toBe(204);
      expect((await admin('GET', '/admin/report')).json()).toMatchObject({ epoch: 5 });
    });
  });

  test('takes the same document again', async () => {
    await withNode(async ({ adopt }) => {
      expect((await adopt()).status).toBe(204);
      expect((await adopt({ progress: { sinceMs: 1, fullBarrier: epoch(1) } })).status).toBe(204);
    });
  });

  test.each([
    ['an older epoch', { epoch: epoch(2) }, 409, 'STALE_DOCUMENT'],
    [
      'another document of the same epoch',
      { epoch: epoch(3), mode: 'sloppy' as const },
      409,
      'CONFLICT',
    ],
    [
      'a document of another ring',
      { epoch: epoch(9), clusterId: clusterId('other') },
      409,
      'CONFLICT',
    ],
    ['what is no ring', { epoch: epoch(9), phase: 'read-new' as const }, 400, 'BAD_REQUEST'],
  ])('refuses %s', async (_what, changes, status, code) => {
    await withNode(
      async ({ adopt, admin }) => {
        const answer = await adopt(changes);
        expect(answer.status).toBe(status);
        expect(answer.json()).toMatchObject({ code });
        expect((await admin('GET', '/admin/report')).json()).toMatchObject({
          epoch: 3,
          splitRing: false,
        });
      },
      { document: { epoch: epoch(3) } },
    );
  });

  test('refuses text that is no document', async () => {
    await withNode(async ({ admin }) => {
      expect(
        (await admin('PUT', '/admin/document', { body: '{"epoch": 1}' })).json(),
      ).toMatchObject({ code: 'BAD_REQUEST' });
    });
  });

  test('after a drain clients are sent elsewhere, the node is not ready, and still healthy', async () => {
    await withNode(async ({ admin, call }) => {
      const drained = admin('POST', '/admin/drain');
      // From its beginning on, while clients are still served.
      expect((await admin('GET', '/readyz')).json()).toMatchObject({ code: 'DRAINING' });
      expect((await drained).status).toBe(204);
      const refused = await call('GET', '/v1/kv/a');
      expect(refused.json()).toMatchObject({ code: 'DRAINING', status: 503, retryable: true });
      expect(refused.headers.connection).toBe('close');
      expect((await admin('GET', '/readyz')).json()).toMatchObject({ code: 'DRAINING' });
      expect((await admin('GET', '/healthz')).status).toBe(200);
    });
  });
});
