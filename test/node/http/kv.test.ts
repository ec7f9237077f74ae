import { describe, expect, test } from '@jest/globals';
import { DATA_LIMITS } from '../../../core/limits.ts';
import { withNode } from '../live-node.ts';
import type { LiveNode } from '../live-node.ts';

/** Two clients that both read the first value and both wrote. */
async function twoSiblings({ call }: LiveNode): Promise<void> {
  const first = await call('PUT', '/v1/kv/cart', { body: 'one' });
  const headers = {
    'X-Ring-Context': String(first.headers['x-ring-context']),
    'Content-Type': 'text/plain',
  };
  await call('PUT', '/v1/kv/cart', { body: 'two', headers });
  await call('PUT', '/v1/kv/cart', { body: 'three', headers });
}

describe('a value', () => {
  test('comes back byte for byte with its content type, etag and context', async () => {
    await withNode(async ({ call }) => {
      const bytes = Buffer.from([0, 255, 10, 13, 0]);
      const put = await call('PUT', '/v1/kv/bin', {
        body: bytes,
        headers: { 'Content-Type': 'image/x-test' },
      });
      const got = await call('GET', '/v1/kv/bin');
      expect(put.status).toBe(204);
      expect(got.status).toBe(200);
      expect(got.bytes).toEqual(bytes);
      expect(got.headers['content-type']).toBe('image/x-test');
      expect(got.headers.etag).toBe(put.headers.etag);
      expect(got.headers['x-ring-context']).toBe(put.headers['x-ring-context']);
      expect(got.headers['x-content-type-options']).toBe('nosniff');
    });
  });

  test('may be empty, and HEAD tells its length without sending it', async () => {
    await withNode(async ({ call }) => {
      await call('PUT', '/v1/kv/empty', { body: '' });
      await call('PUT', '/v1/kv/some', { body: 'twelve bytes' });
      expect(await call('GET', '/v1/kv/empty')).toMatchObject({ status: 200, body: '' });
      const head = await call('HEAD', '/v1/kv/some');
      expect(head).toMatchObject({ status: 200, body: '' });
      expect(head.headers['content-length']).toBe('12');
    });
  });

  test('is gone after DELETE, and the answer carries the context of the deletion', async () => {
    await withNode(async ({ call }) => {
      await call('PUT', '/v1/kv/a', { body: 'x' });
      const deleted = await call('DELETE', '/v1/kv/a');
      const got = await call('GET', '/v1/kv/a');
      expect(deleted.status).toBe(204);
      expect(got.status).toBe(404);
      expect(got.json()).toMatchObject({ code: 'NOT_FOUND', retryable: false });
      expect(got.headers['x-ring-context']).toBe(deleted.headers['x-ring-context']);
    });
  });

  test('is replaced by a PUT without a context: no siblings between acknowledged writes', async () => {
    await withNode(async ({ call }) => {
      for (const body of ['one', 'two', 'three']) await call('PUT', '/v1/kv/a', { body });
      expect(await call('GET', '/v1/kv/a')).toMatchObject({ status: 200, body: 'three' });
    });
  });

  test('carries the seconds that it still lives', async () => {
    await withNode(async ({ call }) => {
      await call('PUT', '/v1/kv/a', { body: 'x', headers: { 'X-Ring-TTL': '1000' } });
      const left = Number((await call('GET', '/v1/kv/a')).headers['x-ring-ttl']);
      expect(left).toBeGreaterThan(900);
      expect(left).toBeLessThanOrEqual(1000);
    });
  });

  test('is one JSON document with ?format=json, text as text and bytes as base64', async () => {
    await withNode(async ({ call }) => {
      await call('PUT', '/v1/kv/t', { body: 'grüße', headers: { 'Content-Type': 'text/plain' } });
      await call('PUT', '/v1/kv/b', { body: Buffer.from([0xff, 0]) });
      expect((await call('GET', '/v1/kv/t?format=json')).json()).toMatchObject({
        key: 't',
        value: 'grüße',
        metadata: { contentType: 'text/plain', bytes: 7, expiresAt: null },
      });
      expect((await call('GET', '/v1/kv/b?format=json')).json()).toMatchObject({
        key: 'b',
        value64: '/wA=',
      });
    });
  });
});

describe('siblings', () => {
  test('are all returned as JSON with status 300, and a write with their context settles them', async () => {
    await withNode(async (live) => {
      await twoSiblings(live);
      const both = await live.call('GET', '/v1/kv/cart');
      expect(both.status).toBe(300);
      const values = (both.json()['siblings'] as { value: string }[]).map(({ value }) => value);
      expect(values.sort()).toEqual(['three', 'two']);
      const headers = { 'X-Ring-Context': String(both.headers['x-ring-context']) };
      await live.call('PUT', '/v1/kv/cart', { body: 'settled', headers });
      expect(await live.call('GET', '/v1/kv/cart')).toMatchObject({ status: 200, body: 'settled' });
    });
  });

  test('are parts of multipart/mixed for those who ask for it', async () => {
    await withNode(async (live) => {
      await twoSiblings(live);
      const both = await live.call('GET', '/v1/kv/cart', {
        headers: { Accept: 'multipart/mixed' },
      });
      expect(both.status).toBe(300);
      const boundary = /boundary="(.+)"/.exec(String(both.headers['content-type']))?.[1] ?? '';
      const parts = both.body.split(`--${boundary}`).slice(1, -1);
      expect(parts.map((part) => part.split('\r\n\r\n')[1]?.trim()).sort()).toEqual([
        'three',
        'two',
      ]);
      expect(parts.every((part) => part.includes('Content-Type: text/plain'))).toBe(true);
    });
  });

  test('are one with ?resolve=latest', async () => {
    await withNode(async (live) => {
      await twoSiblings(live);
      expect(await live.call('GET', '/v1/kv/cart?resolve=latest')).toMatchObject({
        status: 200,
        body: 'three',
      });
    });
  });
});

describe('conditions', () => {
  test('POST creates once: 201 with a location, then 409', async () => {
    await withNode(async ({ call }) => {
      const created = await call('POST', '/v1/kv/a', { body: 'x' });
      const again = await call('POST', '/v1/kv/a', { body: 'y' });
      expect(created.status).toBe(201);
      expect(created.headers.location).toBe('/v1/kv/a');
      expect(again.status).toBe(409);
      expect(again.json()).toMatchObject({ code: 'ALREADY_EXISTS' });
      expect((await call('GET', '/v1/kv/a')).body).toBe('x');
    });
  });

  test.each([
    ['/v1/kv/a?format=json&w=1', '/v1/kv/a'],
    ['/v1/kv/b%2Fc?w=1', '/v1/kv/b%2Fc'],
    ['/v1/kv?key64=Li4&format=json', '/v1/kv?key64=Li4'],
    ['/v1/kv/?w=1&key64=Lg%3D%3D', '/v1/kv/?key64=Lg%3D%3D'],
  ])('POST %s is told where the value is: %s', async (path, location) => {
    await withNode(async ({ call }) => {
      const created = await call('POST', path, { body: 'x' });
      expect(created.headers.location).toBe(location);
      expect((await call('GET', location)).body).toBe('x');
    });
  });

  test('If-None-Match: * refuses to overwrite, If-Match refuses another version', async () => {
    await withNode(async ({ call }) => {
      const put = await call('PUT', '/v1/kv/a', { body: 'x', headers: { 'If-None-Match': '*' } });
      const overwrite = await call('PUT', '/v1/kv/a', {
        body: 'y',
        headers: { 'If-None-Match': '*' },
      });
      const wrong = await call('DELETE', '/v1/kv/a', { headers: { 'If-Match': '"other"' } });
      const right = await call('DELETE', '/v1/kv/a', {
        headers: { 'If-Match': String(put.headers.etag) },
      });
      const gone = await call('PUT', '/v1/kv/a', { body: 'z', headers: { 'If-Match': '*' } });
      expect([put, overwrite, wrong, right, gone].map(({ status }) => status)).toEqual([
        204, 412, 412, 204, 412,
      ]);
    });
  });

  test('If-None-Match of the version held answers 304 without a body', async () => {
    await withNode(async ({ call }) => {
      const put = await call('PUT', '/v1/kv/a', { body: 'x' });
      const again = await call('GET', '/v1/kv/a', {
        headers: { 'If-None-Match': String(put.headers.etag) },
      });
      expect(again).toMatchObject({ status: 304, body: '' });
    });
  });
});

describe('what is refused', () => {
  test.each([
    ['GET', '/v1/kv/', {}, 'BAD_KEY'],
    ['GET', '/v1/kv/%ff', {}, 'BAD_KEY'],
    ['GET', `/v1/kv/${'x'.repeat(1025)}`, {}, 'BAD_KEY'],
    ['GET', '/v1/kv/a?r=0', {}, 'BAD_QUORUM'],
    ['PUT', '/v1/kv/a?w=2', {}, 'BAD_QUORUM'],
    ['PUT', '/v1/kv/a', { 'X-Ring-Context': 'forged' }, 'BAD_CONTEXT'],
    ['PUT', '/v1/kv/a', { 'X-Ring-Context': '' }, 'BAD_CONTEXT'],
    ['DELETE', '/v1/kv/a', { 'X-Ring-Context': '' }, 'BAD_CONTEXT'],
    ['PUT', '/v1/kv/a', { 'X-Ring-TTL': '' }, 'BAD_REQUEST'],
    ['PUT', '/v1/kv/a', { 'X-Ring-TTL': '0' }, 'BAD_REQUEST'],
    ['PUT', '/v1/kv/a', { 'X-Ring-TTL': 'soon' }, 'BAD_REQUEST'],
    ['PUT', '/v1/kv/a', { 'X-Ring-TTL': '' }, 'BAD_REQUEST'],
    ['PUT', '/v1/kv/a', { 'X-Ring-Context': '' }, 'BAD_CONTEXT'],
    ['DELETE', '/v1/kv/a', { 'X-Ring-Context': '' }, 'BAD_CONTEXT'],
    ['PUT', '/v1/kv/a', { 'Content-Encoding': 'gzip' }, 'BAD_REQUEST'],
    ['PUT', '/v1/kv/a', { 'Content-Type': 'x'.repeat(300) }, 'BAD_REQUEST'],
    ['PUT', '/v1/kv/a', { 'If-Match': 'bare' }, 'BAD_REQUEST'],
    ['POST', '/v1/kv/a', { 'If-Match': '"a"' }, 'BAD_REQUEST'],
    ['GET', '/v1/kv/a?format=xml', {}, 'BAD_REQUEST'],
    ['GET', '/v1/kv/a?x=%', {}, 'BAD_REQUEST'],
    ['PATCH', '/v1/kv/a', {}, 'METHOD_NOT_ALLOWED'],
    ['GET', '/v2/kv/a', {}, 'NOT_FOUND'],
  ])('%s %.30s with %j is %s, as a problem document', async (method, path, headers, code) => {
    await withNode(async ({ call }) => {
      const answer = await call(method, path, { headers });
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.json()).toMatchObject({
        code,
        status: answer.status,
        type: `urn:ringkeeper:error:${code}`,
      });
      expect(answer.json()['requestId']).toBe(answer.headers['x-request-id']);
    });
  });

  test.each([
    ['PATCH', '/v1/kv/a', 405, 'DELETE, GET, HEAD, OPTIONS, POST, PUT'],
    ['OPTIONS', '/v1/kv/a', 204, 'DELETE, GET, HEAD, OPTIONS, POST, PUT'],
    ['DELETE', '/v1/ring', 405, 'GET, HEAD, OPTIONS'],
    ['GET', '/v1/batch', 405, 'OPTIONS, POST'],
  ])('%s %s is %i, and Allow says all that fits', async (method, path, status, allow) => {
    await withNode(async ({ call }) => {
      const answer = await call(method, path);
      expect(answer.status).toBe(status);
      expect(answer.headers.allow).toBe(allow);
    });
  });

  test('a value of more than the limit, announced or not: 413, and the node serves on', async () => {
    await withNode(
      async ({ call }) => {
        const body = Buffer.alloc(2000);
        const announced = await call('PUT', '/v1/kv/a', { body });
        const chunked = await call('PUT', '/v1/kv/a', {
          body,
          headers: { 'Transfer-Encoding': 'chunked' },
        });
        const fits = await call('PUT', '/v1/kv/a', { body: Buffer.alloc(1000) });
        expect([announced, chunked, fits].map(({ status }) => status)).toEqual([413, 413, 204]);
      },
      { document: { limits: { ...DATA_LIMITS, valueBytesMax: 1000 } } },
    );
  });

  test('everything, retryably, while no document was given', async () => {
    await withNode(
      async ({ call, admin }) => {
        const answer = await call('GET', '/v1/kv/a');
        expect(answer.status).toBe(503);
        expect(answer.json()).toMatchObject({ code: 'NOT_SERVING', retryable: true });
        expect(answer.headers['retry-after']).toBe('1');
        expect((await admin('GET', '/readyz')).status).toBe(503);
      },
      { document: null },
    );
  });
});
