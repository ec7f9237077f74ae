import { describe, expect, test } from '@jest/globals';
import { readVerdict, writeCondition } from '../../../node/http/conditions.ts';

const headers = (ifMatch?: string, ifNoneMatch?: string): Parameters<typeof writeCondition>[0] => ({
  ifMatch,
  ifNoneMatch,
});

describe('conditions of a write', () => {
  test.each([
    [headers(), { kind: 'any' }],
    [headers(undefined, '*'), { kind: 'absent' }],
    [headers('"a"'), { kind: 'matches', etags: ['a'] }],
    [headers('"a", "b" ,"c,d"'), { kind: 'matches', etags: ['a', 'b', 'c,d'] }],
    [headers(' * '), { kind: 'matches', etags: ['*'] }],
  ])('%j asks for %j', (given, condition) => {
    expect(writeCondition(given)).toEqual(condition);
  });

  test('a weak tag can never match a write', () => {
    expect(writeCondition(headers('W/"a", "b"'))).toEqual({ kind: 'matches', etags: ['b'] });
  });

  test.each([
    ['an empty header', headers('')],
    ['both headers', headers('"a"', '*')],
    ['tags in If-None-Match', headers(undefined, '"a"')],
    ['a tag without quotes', headers('abc')],
    ['text after a tag', headers('"a" b')],
    ['an open quote', headers('"a')],
  ])('%s is a bad request', (_what, given) => {
    expect(() => writeCondition(given)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });
});

describe('conditions of a read', () => {
  test.each([
    ['no header sends', headers(), 'a', 'send'],
    [
      'the version that the client has is not sent again',
      headers(undefined, '"b", "a"'),
      'a',
      'not-modified',
    ],
    ['a weak tag will do for that', headers(undefined, 'W/"a"'), 'a', 'not-modified'],
    ['another version is sent', headers(undefined, '"b"'), 'a', 'send'],
    ['* means any version', headers(undefined, '*'), 'a', 'not-modified'],
    ['* has nothing to say of a missing key', headers(undefined, '*'), null, 'send'],
    ['If-Match of another version fails', headers('"b"'), 'a', 'failed'],
    ['If-Match of a missing key fails', headers('*'), null, 'failed'],
    ['a weak tag fails If-Match', headers('W/"a"'), 'a', 'failed'],
  ] as const)('%s', (_what, given, etag, verdict) => {
    expect(readVerdict(given, etag)).toBe(verdict);
  });

  test.each([headers('abc'), headers(undefined, 'abc')])(
    '%j is a bad request, whether the key holds a value or not',
    (given) => {
      const bad = expect.objectContaining({ code: 'BAD_REQUEST' });
      expect(() => readVerdict(given, 'a')).toThrow(bad);
      expect(() => readVerdict(given, null)).toThrow(bad);
    },
  );
});
