import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { listen } from '../../../node/http/server.ts';
import { withNode } from '../live-node.ts';

const statusOf = (answer: string): string => answer.slice(0, 'HTTP/1.1 400'.length);
const shownId = (answer: string): string =>
  /^x-request-id: (.+)$/im.exec(answer)?.[1]?.trim() ?? '';

describe('bytes that are no request', () => {
  test.each([
    ['garbage', 'GARBAGE\r\n\r\n', 'HTTP/1.1 400', 'BAD_REQUEST'],
    [
      'a flood of headers',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      'HTTP/1.1 431',
      'HEADERS_TOO_LARGE',
    ],
    [
      'two lengths',
      'PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      'HTTP/1.1 400',
      'BAD_REQUEST',
    ],
    [
      'a length that is none',
      'PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
      'HTTP/1.1 400',
      'BAD_REQUEST',
    ],
  ])(
    '%s is answered with a problem document and a closed connection',
    async (_what, bytes, status, code) => {
      await withNode(async ({ raw }) => {
        const answer = await raw(bytes);
        expect(statusOf(answer)).toBe(status);
        expect(answer).toContain('application/problem+json');
        expect(answer).toContain(`"code":"${code}"`);
        expect(shownId(answer)).toBe(/"requestId":"([^"]+)"/.exec(answer)?.[1]);
      });
    },
  );

  test.each([
    ['without the host that HTTP/1.1 wants', 'HTTP/1.1', 400],
    ['of HTTP/1.0 without a host', 'HTTP/1.0', 404],
    ['that expects what nobody knows', 'HTTP/1.1\r\nHost: x\r\nExpect: a-miracle', 400],
  ])('a request %s is answered in the words of the ring', async (_what, rest, status) => {
    await withNode(async ({ raw }) => {
      const answer = await raw(`GET /v1/kv/a ${rest}\r\nConnection: close\r\n\r\n`);
      expect(statusOf(answer)).toBe(`HTTP/1.1 ${status}`);
      expect(answer).toContain('application/problem+json');
      expect(shownId(answer)).toBe(/"requestId":"([^"]+)"/.exec(answer)?.[1]);
    });
  });

  test('random bytes never harm the node', async () => {
    await withNode(async ({ raw, call }) => {
      for (let i = 0; i < 50; i++) await raw(randomBytes(1 + i * 40));
      await raw('PUT /v1/kv/half HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this');
      expect((await call('GET', '/v1/kv/half')).status).toBe(404);
    });
  });

  test('a body that breaks off is not stored', async () => {
    await withNode(async ({ raw, call }) => {
      await raw(
        'PUT /v1/kv/half HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
      );
      expect((await call('GET', '/v1/kv/half')).status).toBe(404);
    });
  });

  test('a body announced too large is refused before it is asked for', async () => {
    await withNode(async ({ raw }) => {
      const answer = await raw(
        'PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n',
      );
      expect(statusOf(answer)).toBe('HTTP/1.1 413');
      expect(answer).not.toContain('100 Continue');
    });
  });

  test('whoever waits for 100 Continue gets it where the body will be read', async () => {
    await withNode(async ({ raw }) => {
      const answer = await raw(
        'PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx',
      );
      expect(answer).toContain('100 Continue');
      expect(answer).toContain('204 No Content');
    });
  });
});

describe('a client that is slow on purpose', () => {
  const PATIENCE = { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 20 };

  /** Sends the bytes and then one more now and then, for ever; all that comes back until the end. */
  const drip = (port: number, first: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let heard = '';
      let more: NodeJS.Timeout;
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(first);
        more = setInterval(() => socket.write('a'), 5);
      });
      socket
        .on('data', (chunk: Buffer) => (heard += chunk.toString()))
        .on('close', () => {
          clearInterval(more);
          resolve(heard);
        })
        .on('error', (error: NodeJS.ErrnoException) => {
          if (!['ECONNRESET', 'EPIPE'].includes(error.code ?? '')) reject(error);
        });
    });

  test.each([
    ['headers', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['a body', 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n'],
  ])('with %s is told so and cut off, while others are served', async (_what, first) => {
    const server = await listen(
      { host: '127.0.0.1', port: 0 },
      (incoming, outgoing) => {
        incoming.resume().on('end', () => outgoing.writeHead(204).end());
      },
      PATIENCE,
    );
    const { port } = server.endpoint;
    const slow = Array.from({ length: 8 }, () => drip(port, first));
    const other = heard(request({ port, method: 'PUT' }).end('x'));
    const answers = await Promise.all(slow);
    expect((await other).status).toBe(204);
    await server.close(0);
    expect(answers.map(statusOf)).toEqual(answers.map(() => 'HTTP/1.1 408'));
    for (const answer of answers) expect(answer).toContain('"code":"REQUEST_TIMEOUT"');
  });
});

describe('a request that announces no body', () => {
  test('has none: what it stores is empty', async () => {
    await withNode(async ({ raw, call }) => {
      const answer = await raw('PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      expect(statusOf(answer)).toBe('HTTP/1.1 204');
      expect(await call('GET', '/v1/kv/a')).toMatchObject({ status: 200, body: '' });
    });
  });
});

describe('request ids', () => {
  test('a sane one is taken over, a wild one is replaced', async () => {
    await withNode(async ({ call }) => {
      const sane = await call('GET', '/v1/kv/a', { headers: { 'X-Request-Id': 'trace-42' } });
      const wild = await call('GET', '/v1/kv/a', { headers: { 'X-Request-Id': 'a b"c' } });
      expect(sane.headers['x-request-id']).toBe('trace-42');
      expect(wild.headers['x-request-id']).not.toContain(' ');
    });
  });

  test('two requests at once may carry the same one', async () => {
    await withNode(async ({ call }) => {
      const headers = { 'X-Request-Id': 'same' };
      const answers = await Promise.all(
        [1, 2, 3].map((i) => call('PUT', `/v1/kv/${i}`, { headers, body: 'x' })),
      );
      expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    });
  });
});

describe('web pages', () => {
  const origin = 'https://app.example';

  test('of an allowed origin may read values and the headers that they need', async () => {
    await withNode(
      async ({ call }) => {
        await call('PUT', '/v1/kv/a', { body: 'x', headers: { Origin: origin } });
        const { headers } = await call('GET', '/v1/kv/a', { headers: { Origin: origin } });
        expect(headers['access-control-allow-origin']).toBe(origin);
        expect(headers['access-control-expose-headers']).toContain('X-Ring-Context');
        expect(headers.vary).toContain('Origin');
        const preflight = await call('OPTIONS', '/v1/kv/a', { headers: { Origin: origin } });
        expect(preflight.status).toBe(204);
        expect(preflight.headers['access-control-allow-methods']).toContain('PUT');
      },
      { config: { corsOrigins: [origin] } },
    );
  });

  test('of any other origin may not', async () => {
    await withNode(
      async ({ call }) => {
        const { headers } = await call('GET', '/v1/kv/a', {
          headers: { Origin: 'https://evil.example' },
        });
        expect(headers['access-control-allow-origin']).toBeUndefined();
      },
      { config: { corsOrigins: [origin] } },
    );
  });
});

interface Heard {
  readonly status: number;
  readonly connection: string;
}

/** The answer's status, and whether its connection is to be used again. */
const heard = (outgoing: ClientRequest): Promise<Heard> =>
  new Promise((resolve, reject) => {
    outgoing.on('error', reject).on('response', (incoming) => {
      const { statusCode = 0, headers } = incoming;
      incoming.resume().on('end', () => {
        resolve({ status: statusCode, connection: String(headers.connection) });
      });
    });
  });

/** A server that answers 204 once the whole request has come. */
const serving = () =>
  listen({ host: '127.0.0.1', port: 0 }, (incoming, outgoing) => {
    incoming.resume().on('end', () => {
      outgoing.writeHead(204).end();
    });
  });
/** ms; longer than any test, so that only an end without connections comes before it. */
const LONG_MS = 60_000;

describe('clients that are sent away', () => {
  test('are answered first, also those whose request is still coming', async () => {
    const server = await serving();
    const { port } = server.endpoint;
    const agent = new Agent({ keepAlive: true });
    const headers = { 'Content-Length': '10' };
    const outgoing = request({ port, method: 'PUT', path: '/', agent, headers });
    outgoing.write('hello');
    const answer = heard(outgoing);
    while (server.inFlight() === 0) await new Promise((resolve) => setImmediate(resolve));
    const gone = server.sendAway(LONG_MS);
    outgoing.end('world');
    expect(await answer).toEqual({ status: 204, connection: 'close' });
    await gone;
    await server.close(0);
    agent.destroy();
  });

  test('and come again are served, and told again; nobody is waited for once all are gone', async () => {
    const server = await serving();
    const { port } = server.endpoint;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const put = (): Promise<Heard> =>
      heard(request({ port, method: 'PUT', path: '/', agent }).end('x'));
    expect(await put()).toEqual({ status: 204, connection: 'keep-alive' });
    const gone = server.sendAway(LONG_MS);
    expect(await put()).toEqual({ status: 204, connection: 'close' });
    await gone;
    expect(await put()).toEqual({ status: 204, connection: 'close' });
    await server.close(0);
    agent.destroy();
  });

  test('and never come again are let go after a while', async () => {
    const server = await serving();
    const { port } = server.endpoint;
    const agent = new Agent({ keepAlive: true });
    await heard(request({ port, method: 'PUT', path: '/', agent }).end('x'));
    await server.sendAway(1);
    await server.close(LONG_MS);
    agent.destroy();
  });
});
