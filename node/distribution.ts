// How often which size was seen, counted on the hot path: one array, nothing is made per observation.

/** What a histogram on the metrics page is made of. */
export interface Counted {
  /** Per bound the observations at or below it, then all of them. */
  readonly cumulative: readonly number[];
  readonly sum: number;
}

export interface Distribution {
  readonly bounds: readonly number[];
  /** Returns the bucket it fell into: an index of `bounds`, or their number. */
  observe(value: number): number;
  read(): Counted;
}

/**
 * 2^from … 2^to. A factor of two is enough to see a change, and powers of two are also the bounds of
 * Prometheus' native histograms of schema 0, so that these can be turned into those without a loss.
 */
export function powersOfTwo(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));
}

/** Seconds from 122 µs to 8 s: from a read out of memory to the longest deadline. */
export const SECONDS_BOUNDS = powersOfTwo(-13, 3);

export function distribution(bounds: readonly number[]): Distribution {
  const buckets = new Float64Array(bounds.length + 1);
  let sum = 0;
  return {
    bounds,
    observe(value) {
      let bucket = 0;
      while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
      buckets[bucket]!++;
      sum += value;
      return bucket;
    },
    read() {
      let total = 0;
      return { cumulative: Array.from(buckets, (count) => (total += count)), sum };
    },
  };
}
