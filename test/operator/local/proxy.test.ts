import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createTcp } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { nodeId } from '../../../core/api/ids.ts';
import { LOCAL_HOST } from '../../../core/limits.ts';
import { openProxy } from '../../../operator/local/proxy.ts';
import type { Backend } from '../../../operator/local/proxy.ts';

async function server(
  id: string,
  after: Promise<void> = Promise.resolve(),
): Promise<{ server: Server; backend: Backend }> {
  const http = createServer((incoming, outgoing) => {
    incoming.resume();
    void after.then(() => outgoing.end(id));
  }).listen(0, LOCAL_HOST);
  await once(http, 'listening');
  return { server: http, backend: { id: nodeId(id), port: (http.address() as AddressInfo).port } };
}

async function ask(
  port: number,
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  const answer = await request(`http://${LOCAL_HOST}:${port}/v1/kv/a`, {
    method: 'PUT',
    body: 'value',
    reset: true,
  });
  return { status: answer.statusCode, body: await answer.body.text(), headers: answer.headers };
}

describe('the client address of a ring', () => {
  test('goes to the ready nodes in turn', async () => {
    const [a, b] = [await server('a'), await server('b')];
    const proxy = await openProxy(0);
    proxy.setBackends([a.backend, b.backend]);
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push((await ask(proxy.port)).body);
    expect(answers.sort()).toEqual(['a', 'a', 'b', 'b']);
    await proxy.close(0);
    a.server.close();
    b.server.close();
  });

  test('passes over a node that takes no connection', async () => {
    const [a, dead] = [await server('a'), await server('dead')];
    dead.server.close();
    await once(dead.server, 'close');
    const proxy = await openProxy(0);
    proxy.setBackends([dead.backend, a.backend]);
    expect([(await ask(proxy.port)).body, (await ask(proxy.port)).body]).toEqual(['a', 'a']);
    await proxy.close(0);
    a.server.close();
  });

  test('says in a problem document that nobody is ready, and that it is worth another try', async () => {
    const proxy = await openProxy(0);
    const answer = await ask(proxy.port);
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '1',
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      type: 'urn:ringkeeper:error:NOT_SERVING',
      code: 'NOT_SERVING',
      retryable: true,
      status: 503,
      requestId: answer.headers['x-request-id'],
    });
    await proxy.close(0);
  });

  test('lets a request that is under way end when its node leaves the ring', async () => {
    let finish = (): void => undefined;
    const a = await server(
      'a',
      new Promise((resolve) => {
        finish = resolve;
      }),
    );
    const proxy = await openProxy(0);
    proxy.setBackends([a.backend]);
    const arrived = once(a.server, 'request');
    const asked = ask(proxy.port);
    await arrived;
    proxy.setBackends([]);
    const closed = proxy.close(30_000);
    finish();
    expect((await asked).body).toBe('a');
    await closed;
    a.server.close();
  });

  test('a port that somebody holds is named in words', async () => {
    const holder = createTcp().listen(0, LOCAL_HOST);
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    await expect(openProxy(port)).rejects.toThrow(
      new RegExp(`127.0.0.1:${port} is held by another process.*--port`),
    );
    holder.close();
  });
});
