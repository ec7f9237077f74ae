import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation } from '../../../core/api/ids.ts';
import { barrier, holds, toleratesMissing } from '../../../core/membership/barrier.ts';
import { markLost, recordReceipts } from '../../../core/membership/upkeep.ts';
import { after, begun, edit, finished, founded, wordOf, wordsOf } from './founded.ts';

const EARLY = { nowMs: 1000, barrierWaitMs: 10_000 };
const LATE = { nowMs: 11_000, barrierWaitMs: 10_000 };

describe('a barrier (R5)', () => {
  const document = begun(['a', 'b', 'c'], ['a', 'b', 'c', 'd']);

  test('is full when every member holds this epoch', () => {
    expect(barrier(document, wordsOf(['a', 'b', 'c', 'd'], document), EARLY)).toEqual({
      verdict: 'full',
      missing: [],
    });
  });

  test('bears one missing member of each set of three, after the bounded wait only', () => {
    const words = wordsOf(['a', 'b', 'c'], document);
    expect(barrier(document, words, EARLY)).toMatchObject({
      verdict: 'waiting',
      missing: [{ incarnation: 'd' }],
    });
    expect(barrier(document, words, LATE).verdict).toBe('enough');
  });

  test('never bears two missing members of one set', () => {
    const short = barrier(document, wordsOf(['a', 'b'], document), LATE);
    expect(short.verdict).toBe('short');
    expect(holds(short)).toBe(false);
  });

  test('counts a lost member as acknowledged', () => {
    const marked = edit(markLost(document, [incarnation('d')], after(document)));
    expect(barrier(marked, wordsOf(['a', 'b', 'c'], marked), EARLY).verdict).toBe('full');
  });

  test('counts who has its receipt as acknowledged', () => {
    const done = finished(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
    const receipt = {
      id: done.members[3]!.id,
      incarnation: incarnation('d'),
      volume: 'v',
      ...done.settled!,
    };
    const proved = edit(recordReceipts(done, [receipt], after(done)));
    expect(barrier(done, wordsOf(['a', 'b', 'c'], done), EARLY).verdict).toBe('waiting');
    expect(barrier(proved, wordsOf(['a', 'b', 'c'], proved), EARLY).verdict).toBe('full');
  });

  test.each([
    ['an older epoch', { epoch: epoch(1) }, false],
    ['the same epoch with another hash', { documentHash: 'other' }, false],
    ['a later epoch', { epoch: epoch(3), documentHash: 'other' }, true],
  ])('%s', (_, word, counts) => {
    const words = wordsOf(['a', 'b', 'c', 'd'], document);
    words.set(incarnation('a'), wordOf('a', document, word));
    expect(barrier(document, words, EARLY).verdict === 'full').toBe(counts);
  });

  test('counts by incarnation: another one of the same id says nothing', () => {
    const words = wordsOf(['b', 'c', 'd', 'x'], document);
    expect(barrier(document, words, EARLY).missing.map((member) => member.incarnation)).toEqual([
      'a',
    ]);
  });
});

test.each([
  [1, 1, 1, 0],
  [3, 2, 2, 1],
  [3, 1, 3, 0],
  [3, 3, 3, 2],
  [5, 3, 3, 2],
  [7, 3, 3, 2],
])('with N=%i R=%i W=%i, %i members of a set may be missing', (N, R, W, most) => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].slice(0, N);
  const assignment = { ...founded(names, N).current, readQuorum: R, writeQuorum: W };
  const missing = (count: number) => new Set(names.slice(0, count).map(incarnation));
  expect(toleratesMissing(assignment, missing(most))).toBe(true);
  expect(toleratesMissing(assignment, missing(most + 1))).toBe(false);
});
