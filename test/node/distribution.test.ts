import { describe, expect, test } from '@jest/globals';
import { distribution, powersOfTwo, SECONDS_BOUNDS } from '../../node/distribution.ts';

describe('distribution', () => {
  test('an observation stands in every bucket whose bound it does not pass', () => {
    const sizes = distribution([1, 2, 4]);
    const buckets = [0.5, 1, 1.5, 4, 100].map((value) => sizes.observe(value));
    expect(buckets).toEqual([0, 0, 1, 2, 3]);
    expect(sizes.read()).toEqual({ cumulative: [2, 3, 4, 5], sum: 107 });
  });

  test('bounds are exact powers of two, as native histograms have them', () => {
    expect(powersOfTwo(-2, 2)).toEqual([0.25, 0.5, 1, 2, 4]);
    for (const bound of SECONDS_BOUNDS) expect(Number.isInteger(Math.log2(bound))).toBe(true);
    expect([SECONDS_BOUNDS[0], SECONDS_BOUNDS.at(-1)]).toEqual([0.0001220703125, 8]);
  });
});
