import { describe, expect, test } from '@jest/globals';
import { choiceIn, countIn, parseQuery, quorumIn } from '../../../node/http/query.ts';

describe('query strings', () => {
  test('names and values are percent-decoded, plus is a space', () => {
    expect([...parseQuery('prefix=a%2Fb+c&flag&empty=')]).toEqual([
      ['prefix', 'a/b c'],
      ['flag', ''],
      ['empty', ''],
    ]);
  });

  test.each(['a=1&a=2', 'a=%', 'a=%ff', '%zz=1'])('%s is a bad request', (text) => {
    expect(() => parseQuery(text)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  test.each(['0', '4', '-1', '1.5', '', ' 1', '1e0', '0x1', 'two'])(
    'r=%j is out of range for N=3',
    (r) => {
      expect(() => quorumIn(new Map([['r', r]]), 'r', 3)).toThrow(
        expect.objectContaining({ code: 'BAD_QUORUM' }),
      );
    },
  );

  test('r and w are 1 to N, and left to the ring where absent', () => {
    expect(quorumIn(parseQuery('r=3'), 'r', 3)).toBe(3);
    expect(quorumIn(parseQuery('r=3'), 'w', 3)).toBeNull();
  });

  test('a complaint names what would be right', () => {
    expect(() => countIn(parseQuery('limit=5000'), 'limit', 1000)).toThrow(
      'whole number of 1 to 1000',
    );
    expect(() => choiceIn(parseQuery('format=xml'), 'format', ['json', 'raw'])).toThrow(
      'json or raw',
    );
  });
});
