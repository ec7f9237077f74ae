import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { nodeClient, problemOf } from '../../operator/node-client.ts';
import type { NodeClient } from '../../operator/node-client.ts';

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

/** A server that answers everything alike, and what it was asked. */
async function answering<T>(
  reply: Reply,
  work: (client: NodeClient, asked: IncomingMessage[]) => Promise<T>,
): Promise<T> {
  const asked: IncomingMessage[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(incoming);
    incoming.resume();
    outgoing
      .writeHead(reply.status)
      .end(reply.body === undefined ? '' : JSON.stringify(reply.body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await work(
      nodeClient({ origin: `http://127.0.0.1:${port}`, token: 'the token' }),
      asked,
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe("the client of a node's admin port", () => {
  test('shows its token with every call', () =>
    answering({ status: 200, body: { id: 'dev-0' } }, async (client, asked) => {
      expect(await client.report()).toEqual({ id: 'dev-0' });
      expect(asked[0]).toMatchObject({
        url: '/admin/report',
        headers: { authorization: 'Bearer the token' },
      });
    }));

  test('a node without a document has none, which is no failure', () =>
    answering({ status: 404, body: { code: 'NOT_FOUND' } }, async (client) => {
      expect(await client.document()).toBeNull();
    }));

  test("a refusal keeps the node's code and words", () =>
    answering(
      { status: 409, body: { code: 'STALE_DOCUMENT', detail: 'epoch 7 is held' } },
      async (client) => {
        await expect(client.drain()).rejects.toMatchObject({
          code: 'STALE_DOCUMENT',
          message: expect.stringContaining('epoch 7 is held'),
        });
      },
    ));

  test.each([
    [200, true],
    [503, false],
  ])('answer %d of /readyz: ready is %s', (status, ready) =>
    answering({ status, body: {} }, async (client) => {
      expect(await client.isReady()).toBe(ready);
    }),
  );

  test('a node that does not answer is unreachable, and not ready', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const client = nodeClient({ origin: `http://127.0.0.1:${port}`, token: 't' });
    await expect(client.report()).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    expect(await client.isReady()).toBe(false);
  });

  test.each([
    [
      'a problem document',
      '{"code":"DRAINING","detail":"stopping"}',
      { code: 'DRAINING', detail: 'stopping' },
    ],
    [
      'a code that this build does not know',
      '{"code":"NEW","title":"news"}',
      { code: 'INTERNAL', detail: 'news' },
    ],
    ['something else', '<html>', { code: 'INTERNAL', detail: '<html>' }],
  ])('%s is read', (_what, text, problem) => {
    expect(problemOf(text)).toEqual(problem);
  });
});
