import { describe, expect, test } from '@jest/globals';
import { keyFromUrl } from '../../../node/http/keys-in-urls.ts';
import { fc } from '../../properties.ts';

const MAX = 1024;
const keyOfPath = (segment: string, key64: string | null = null): string =>
  keyFromUrl({ path: `/v1/kv/${segment}`, prefix: '/v1/kv/', key64 }, MAX).text;

describe('keys in URLs', () => {
  test('every Unicode key of 1 to 1024 bytes comes through, percent-encoded or as key64', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (key) => {
        expect(keyOfPath(encodeURIComponent(key))).toBe(key);
        expect(keyOfPath('', Buffer.from(key).toString('base64url'))).toBe(key);
      }),
    );
  });

  test('a key is not normalised: two spellings of é are two keys', () => {
    expect(keyOfPath('%C3%A9')).not.toBe(keyOfPath('e%CC%81'));
  });

  test.each([
    ['.', 'Lg'],
    ['..', 'Li4'],
  ])('key64 takes %s, which URLs strip', (key, key64) => {
    expect(keyOfPath('', key64)).toBe(key);
  });

  test('a slash within a key is written %2F', () => {
    expect(keyOfPath('a%2Fb')).toBe('a/b');
  });

  test('a byte order mark is part of the key', () => {
    expect(keyOfPath('', Buffer.from('\ufeffa').toString('base64url'))).toBe('\ufeffa');
  });

  test.each([
    ['nothing', '', null],
    ['a bare slash', 'a/b', null],
    ['a bare percent sign', 'a%', null],
    ['half an escape', 'a%2', null],
    ['a byte that is no UTF-8', '%ff', null],
    ['an encoded surrogate', '%ED%A0%80', null],
    ['an overlong encoding', '%C0%AF', null],
    ['1025 bytes', 'x'.repeat(1025), null],
    ['1026 bytes in 342 characters', encodeURIComponent('€'.repeat(342)), null],
    ['both a path and key64', 'a', 'YQ'],
    ['key64 with foreign characters', '', 'Y Q'],
    ['key64 that is no UTF-8', '', '_w'],
    ['an empty key64', '', ''],
  ])('%s is no key', (_what, segment, key64) => {
    expect(() => keyOfPath(segment, key64)).toThrow(expect.objectContaining({ code: 'BAD_KEY' }));
  });

  test('1024 bytes are allowed', () => {
    expect(keyOfPath('x'.repeat(1024))).toHaveLength(1024);
  });
});
