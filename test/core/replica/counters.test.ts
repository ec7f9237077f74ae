// What a replica counts: each number moves with what it names, and with nothing else.
import { describe, expect, test } from '@jest/globals';
import { COUNTERS, countOf, newCounts, tally } from '../../../core/replica/counters.ts';

describe('counters', () => {
  test('start at zero, each with a place of its own', () => {
    const counts = newCounts();
    COUNTERS.forEach((counter, i) => tally({ counts }, counter, i + 1));
    expect(COUNTERS.map((counter) => countOf(counts, counter))).toEqual(
      COUNTERS.map((_, i) => i + 1),
    );
    expect(COUNTERS.map((counter) => countOf(newCounts(), counter))).toEqual(COUNTERS.map(() => 0));
  });

  test('count one where no number is given', () => {
    const counts = newCounts();
    tally({ counts }, 'read-ok');
    tally({ counts }, 'read-ok');
    expect(countOf(counts, 'read-ok')).toBe(2);
  });
});
