import { describe, expect, test } from '@jest/globals';
import { refuseUnknownFields, refuseUnknownQuery } from '../../../node/http/known-names.ts';
import { withNode } from '../live-node.ts';

const WRITES = ['w', 'format', 'key64'];

describe('a name that means nothing', () => {
  test.each([
    ['ttl', WRITES, '. Did you mean the header X-Ring-TTL?'],
    ['ifmatch', WRITES, '. Did you mean the header If-Match?'],
    ['limti', ['prefix', 'limit', 'cursor'], '. Did you mean limit?'],
    ['W', WRITES, '. Did you mean w?'],
    ['colour', WRITES, ''],
  ])('%s in a query of %j is refused with what is taken%s', (name, takes, meant) => {
    const list = takes.join(', ');
    expect(() => {
      refuseUnknownQuery([name], takes);
    }).toThrow(`"${name}" is no query parameter of this route; it takes ${list}${meant}`);
  });

  test('in a body is refused with what was probably meant', () => {
    expect(() => {
      refuseUnknownFields({ op: 'put', ttl: 60 }, { of: 'a put', takes: ['op', 'ttlSeconds'] });
    }).toThrow('"ttl" is no field of a put; it takes op, ttlSeconds. Did you mean ttlSeconds?');
  });

  test('is named no longer than people read', () => {
    expect(() => {
      refuseUnknownQuery(['x'.repeat(5000)], []);
    }).toThrow(`"${'x'.repeat(64)}" is no query parameter of this route; it takes none`);
  });
});

describe('a request with a query that its route does not take', () => {
  test.each([
    ['PUT', '/v1/kv/a?ttl=60', '"ttl"'],
    ['POST', '/v1/kv/a?ttl=60', '"ttl"'],
    ['PUT', '/v1/kv/a?r=1', '"r"'],
    ['DELETE', '/v1/kv/a?resolve=latest', '"resolve"'],
    ['GET', '/v1/kv/a?w=1', '"w"'],
    ['POST', '/v1/batch?w=1', '"w"'],
    ['GET', '/v1/keys?limti=5', '"limti"'],
    ['GET', '/v1/ring?epoch=1', '"epoch"'],
    ['GET', '/v1/ring/owner/a?key=b', '"key"'],
    ['GET', '/v1/ring/check?deep', '"deep"'],
    ['GET', '/v1/ring.svg?size=9', '"size"'],
  ])('%s %s does nothing and is told so', async (method, path, name) => {
    await withNode(async ({ call }) => {
      const body = method === 'GET' ? {} : { body: '{"operations":[]}' };
      const answer = await call(method, path, body);
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({
        code: 'BAD_REQUEST',
        detail: expect.stringContaining(name),
      });
      expect((await call('GET', '/v1/kv/a')).status).toBe(404);
    });
  });
});
