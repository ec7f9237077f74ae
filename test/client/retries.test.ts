// What the client does where things go wrong, beside real nodes that are asked through a fetch which
// loses, delays or answers for them.
import { describe, expect, test } from '@jest/globals';
import { connect } from '../../client/client.ts';
import type { Attempt } from '../../client/client.ts';
import { CLIENT_DEADLINE_MS } from '../../core/limits.ts';
import { until } from '../live/until.ts';
import { freePortBase } from '../live/ring-ports.ts';
import { asFetch, withNodes } from './nodes.ts';
import type { Init, PlainFetch } from './nodes.ts';

/** Carries out the request, and loses the first so many answers of these. */
const losing =
  (fetch: PlainFetch, times: number, is: (init: Init) => boolean): PlainFetch =>
  async (url, init) => {
    const response = await fetch(url, init);
    if (times === 0 || !is(init)) return response;
    times--;
    const cause = Object.assign(new Error('cut'), { code: 'ECONNRESET' });
    throw new TypeError('fetch failed', { cause });
  };

/** Never answers. */
const silence: PlainFetch = (_url, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });

const isPut = ({ method }: Init): boolean => method === 'PUT';

const problem = (status: number, fields: object): Response =>
  new Response(JSON.stringify({ detail: 'says the test', ...fields }), {
    status,
    headers: [
      ['content-type', 'application/problem+json'],
      ['x-ring-epoch', '1'],
    ],
  });

describe('a read', () => {
  test('is asked again until it is answered', async () => {
    await withNodes(1, async (ring) => {
      const client = ring.client({
        fetch: losing(ring.fetch, 3, ({ method }) => method === 'GET'),
      });
      await client.put('a', 'x');
      expect((await client.get('a'))?.text()).toBe('x');
    });
  });

  test('asks another member where one is silent for long', async () => {
    await withNodes(3, async (ring) => {
      const silent: string[] = [];
      const attempts: Attempt[] = [];
      const client = ring.client({
        attemptMs: 1_000,
        onAttempt: (one) => attempts.push(one),
        fetch: (url, init) =>
          silent.some((at) => url.startsWith(at)) ? silence(url, init) : ring.fetch(url, init),
      });
      await client.ready();
      await client.put('a', 'x');
      silent.push(ring.urlOf(1));
      for (let i = 0; i < 6; i++) expect((await client.get('a'))?.text()).toBe('x');
      const toSilent = attempts.filter(({ url, code }) => url === silent[0] && code !== null);
      expect(toSilent).toMatchObject([{ code: 'NO_ANSWER', status: 0 }]);
      silent.pop();
      // It is asked for something that does not matter first, and for reads again after that.
      await until('the member is asked again', 30_000, async () => {
        attempts.length = 0;
        await client.get('a');
        return attempts.some(({ url, operation }) => url === ring.urlOf(1) && operation === 'get');
      });
    });
  });

  test('is not asked again where that is of no use', async () => {
    await withNodes(1, async (ring) => {
      const attempts: Attempt[] = [];
      const client = ring.client({ direct: false, onAttempt: (one) => attempts.push(one) });
      await expect(client.get('a', { r: 7 })).rejects.toMatchObject({
        name: 'RingkeeperError',
        code: 'BAD_QUORUM',
        status: 400,
      });
      expect(attempts).toHaveLength(1);
    });
  });
});

describe('a write', () => {
  test('is sent again where the ring says that nothing happened', async () => {
    await withNodes(1, async (ring) => {
      const refused = () => problem(503, { code: 'QUORUM_UNAVAILABLE', retryable: true });
      let times = 2;
      const client = ring.client({
        fetch: (url, init) =>
          isPut(init) && times-- > 0 ? Promise.resolve(refused()) : ring.fetch(url, init),
      });
      await client.put('a', 'x');
      expect((await client.get('a'))?.text()).toBe('x');
    });
  });

  test('whose answer was lost is not sent again, and the error says so', async () => {
    await withNodes(1, async (ring) => {
      const attempts: Attempt[] = [];
      const client = ring.client({
        fetch: losing(ring.fetch, 1, isPut),
        onAttempt: (one) => attempts.push(one),
      });
      await expect(client.put('a', 'x')).rejects.toMatchObject({
        code: 'NO_ANSWER',
        maybeApplied: true,
        retryable: true,
      });
      expect(attempts.filter(({ operation }) => operation === 'put')).toHaveLength(1);
      expect((await client.get('a'))?.text()).toBe('x');
    });
  });

  test.each([
    ['is said to be repeatable', { repeatable: true }],
    ['has the context of what was read', {}],
  ])('whose answer was lost is sent again where it %s', async (_why, options) => {
    await withNodes(1, async (ring) => {
      const { context } = await ring.client().put('a', 'old');
      const client = ring.client({ fetch: losing(ring.fetch, 1, isPut) });
      await client.put('a', 'x', { ...options, context });
      expect((await client.get('a'))?.text()).toBe('x');
    });
  });

  test('that reached nobody is certainly not applied', async () => {
    const client = connect({ url: `http://127.0.0.1:${await freePortBase()}`, timeoutMs: 200 });
    await expect(client.put('a', 'x')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      maybeApplied: false,
    });
  });

  test('that something else than a ring answers is an error, whatever its status', async () => {
    const answers: readonly [Response, object][] = [
      [new Response('<html>', { status: 200 }), { code: 'BAD_ANSWER', maybeApplied: true }],
      [new Response('<html>', { status: 404 }), { code: 'BAD_ANSWER', maybeApplied: false }],
      [new Response('<html>', { status: 502 }), { code: 'BAD_ANSWER', maybeApplied: true }],
    ];
    for (const [response, error] of answers) {
      const client = connect({
        url: 'http://stranger.example',
        fetch: () => Promise.resolve(response.clone()),
      });
      await expect(client.put('a', 'x')).rejects.toMatchObject(error);
    }
  });
});

describe('an update', () => {
  test('whose answer was lost happens once', async () => {
    await withNodes(3, async (ring) => {
      const client = ring.client({ fetch: losing(ring.fetch, 2, isPut) });
      for (let i = 0; i < 4; i++)
        await client.update(
          'count',
          (values) => Math.max(0, ...values.map((value) => value.json<number>())) + 1,
        );
      expect((await client.get('count'))?.json()).toBe(4);
    });
  });

  test('of a key that was never written survives a lost answer too', async () => {
    await withNodes(1, async (ring) => {
      const client = ring.client({ fetch: losing(ring.fetch, 1, isPut) });
      await client.update('new', () => 'x');
      expect((await client.get('new'))?.text()).toBe('x');
    });
  });
});

describe('a batch', () => {
  test('sends again what certainly did not happen, and no more', async () => {
    await withNodes(1, async (ring) => {
      const sent: string[] = [];
      const client = ring.client({
        fetch: (url, init) => {
          if (!url.endsWith('/v1/batch')) return ring.fetch(url, init);
          sent.push(init.body!);
          if (sent.length > 1) return ring.fetch(url, init);
          const failed = { status: 503, code: 'OVERLOADED', retryable: true };
          const unknown = { status: 504, code: 'TIMEOUT', retryable: true, maybeApplied: true };
          const results = [failed, unknown, failed, { status: 204, context: 'c', etag: 'e' }];
          return Promise.resolve(
            new Response(JSON.stringify({ results }), { headers: [['x-ring-epoch', '1']] }),
          );
        },
      });
      const results = await client.batch([
        { op: 'put', key: 'again', value: '1' },
        { op: 'put', key: 'unknown', value: '2' },
        { op: 'put', key: 'overtaken', value: '3' },
        { op: 'put', key: 'overtaken', value: '4' },
      ]);
      expect(results.map(({ kind }) => kind)).toEqual(['written', 'failed', 'failed', 'written']);
      expect(sent).toHaveLength(2);
      expect(JSON.parse(sent[1]!)).toMatchObject({ operations: [{ key: 'again' }] });
      expect(results[1]).toMatchObject({ error: { maybeApplied: true, code: 'TIMEOUT' } });
    });
  });
});

describe('a call', () => {
  test('ends when its caller gives up, with the reason given', async () => {
    const client = connect({ url: 'http://ring.example', fetch: asFetch(silence) });
    const giveUp = new AbortController();
    const call = client.get('a', { signal: giveUp.signal });
    giveUp.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    const other = client.get('a');
    client.close();
    await expect(other).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(client.put('a', 'x')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('ends when its time is over, and not before it was tried', async () => {
    const client = connect({
      url: 'http://ring.example',
      fetch: () => Promise.resolve(problem(503, { code: 'OVERLOADED', retryable: true })),
    });
    const began = performance.now();
    await expect(client.get('a', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(performance.now() - began).toBeLessThan(CLIENT_DEADLINE_MS / 2);
  });

  test('carries one request id through all its requests, and the trace of its caller', async () => {
    const seen: Init['headers'][] = [];
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await withNodes(1, async (ring) => {
      const client = ring.client({
        direct: false,
        traceparent: () => traceparent,
        fetch: (url, init) => {
          seen.push(init.headers);
          return seen.length < 3
            ? Promise.resolve(problem(503, { code: 'OVERLOADED', retryable: true }))
            : ring.fetch(url, init);
        },
      });
      await client.put('a', 'x', { requestId: 'my-request' });
      expect(seen).toHaveLength(3);
      for (const headers of seen)
        expect(headers).toMatchObject({ 'x-request-id': 'my-request', traceparent });
      await expect(client.create('a', 'x', { requestId: 'mine-2' })).rejects.toMatchObject({
        requestId: 'mine-2',
      });
    });
  });

  test('is refused where the address is none', () => {
    expect(() => connect('localhost:8080')).toThrow('is no URL of a ring');
    expect(() => connect({ url: [] })).toThrow('give the URL');
  });
});
