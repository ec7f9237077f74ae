import { describe, expect, test } from '@jest/globals';
import { withNode } from '../live-node.ts';
import type { LiveNode } from '../live-node.ts';

async function batch({ call }: LiveNode, operations: unknown): Promise<Record<string, unknown>[]> {
  const answer = await call('POST', '/v1/batch', { body: JSON.stringify({ operations }) });
  expect(answer.status).toBe(200);
  return answer.json()['results'] as Record<string, unknown>[];
}

describe('a batch', () => {
  test('gives each item its own verdict, in the order of the items', async () => {
    await withNode(async (live) => {
      const results = await batch(live, [
        { op: 'put', key: 'a', value: 'text' },
        { op: 'put', key: 'b', value64: 'AP8=' },
        { op: 'get', key: 'missing' },
        { op: 'get', key: '' },
        { op: 'frob' },
        null,
        { op: 'put', key: 'c' },
        { op: 'get', key: 'a', r: 9 },
        { op: 'get', key64: 'Li4' },
      ]);
      expect(results.map(({ status, code }) => [status, code])).toEqual([
        [204, undefined],
        [204, undefined],
        [404, 'NOT_FOUND'],
        [400, 'BAD_KEY'],
        [400, 'BAD_REQUEST'],
        [400, 'BAD_REQUEST'],
        [400, 'BAD_REQUEST'],
        [400, 'BAD_QUORUM'],
        [404, 'NOT_FOUND'],
      ]);
      expect(
        await batch(live, [
          { op: 'get', key: 'a' },
          { op: 'get', key: 'b' },
        ]),
      ).toMatchObject([
        { status: 200, value: 'text' },
        { status: 200, value64: 'AP8=' },
      ]);
    });
  });

  test('carries out the items of one key in their order', async () => {
    await withNode(async (live) => {
      const results = await batch(live, [
        { op: 'put', key: 'a', value: '1' },
        { op: 'get', key: 'a' },
        { op: 'delete', key: 'a' },
        { op: 'get', key: 'a' },
        { op: 'put', key: 'a', value: '2', ifNoneMatch: '*' },
        { op: 'get', key: 'a' },
      ]);
      expect(results.map(({ status, value }) => [status, value])).toEqual([
        [204, undefined],
        [200, '1'],
        [204, undefined],
        [404, undefined],
        [204, undefined],
        [200, '2'],
      ]);
    });
  });

  test('refuses the context of another key in the item that sent it', async () => {
    await withNode(async (live) => {
      const [written] = await batch(live, [{ op: 'put', key: 'a', value: '1' }]);
      const results = await batch(live, [
        { op: 'put', key: 'b', value: 'x', context: written?.['context'] },
        { op: 'put', key: 'a', value: 'y', context: written?.['context'] },
      ]);
      expect(results.map(({ status, code }) => [status, code])).toEqual([
        [400, 'BAD_CONTEXT'],
        [204, undefined],
      ]);
    });
  });

  test('refuses each item with a field that its op does not take, and names it', async () => {
    await withNode(async (live) => {
      const results = await batch(live, [
        { op: 'put', key: 'a', value: 'x', ttl: 60 },
        { op: 'get', key: 'a', w: 1 },
        { op: 'delete', key: 'a', value: 'x' },
        { op: 'get', key: 'a', r: 1 },
      ]);
      expect(results.map(({ status, detail }) => [status, detail])).toEqual([
        [400, expect.stringContaining('"ttl" is no field of a put')],
        [400, expect.stringContaining('"w" is no field of a get')],
        [400, expect.stringContaining('"value" is no field of a delete')],
        [404, undefined],
      ]);
    });
  });

  test.each([
    ['a field beside the list', '{"operations": [], "w": 1}'],
    ['no JSON', '{"operations": ['],
    ['no list', '{"operations": 5}'],
    ['null', 'null'],
    [
      'too many items',
      JSON.stringify({ operations: new Array(1001).fill({ op: 'get', key: 'a' }) }),
    ],
  ])('of %s is a bad request as a whole', async (_what, body) => {
    await withNode(async ({ call }) => {
      const answer = await call('POST', '/v1/batch', { body });
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'BAD_REQUEST' });
    });
  });
});
