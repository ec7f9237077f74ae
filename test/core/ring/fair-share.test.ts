import { describe, expect, test } from '@jest/globals';
import { fairShares } from '../../../core/ring/fair-share.ts';
import { walkRule } from '../../../core/ring/walk.ts';

function shares(zones: string, replicationFactor: number): number[] {
  return [...fairShares(walkRule(zones.split(''), replicationFactor), 120)].map((it) =>
    Math.round(it),
  );
}

describe('the fair share of replicas', () => {
  test('is the same for all where zones do not stand in the way', () => {
    expect(shares('aaaaa', 3)).toEqual([72, 72, 72, 72, 72]);
    expect(shares('aaabb', 3)).toEqual([72, 72, 72, 72, 72]);
  });

  test('of a small zone is one copy of each slot at least', () => {
    expect(shares('aaaaabb', 3)).toEqual([48, 48, 48, 48, 48, 60, 60]);
    expect(shares('aaab', 3)).toEqual([80, 80, 80, 120]);
  });

  test('of a zone is one copy of each slot at most where zones exceed N', () => {
    expect(shares('aaabc', 2)).toEqual([40, 40, 40, 60, 60].map((_, at) => (at < 3 ? 40 : 60)));
  });

  test('is everything where a set holds everybody', () => {
    expect(shares('ab', 5)).toEqual([120, 120]);
  });
});
