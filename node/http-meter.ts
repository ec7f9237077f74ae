// Counts client requests on the hot path: plain typed arrays, nothing is made per request.
import { VERBS } from './http/exchange.ts';
import type { Verb } from './http/exchange.ts';

export const OUTCOMES = ['ok', 'siblings', 'missing', 'refused', 'unavailable', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * Upper bounds in seconds, doubling from 125 µs to 8.2 s: a factor of two is enough to see a
 * change.
 */
export const LATENCY_BOUNDS = Array.from({ length: 17 }, (_, i) => 0.000125 * 2 ** i);
const ROW = LATENCY_BOUNDS.length + 1;

export interface HttpMeter {
  observe(verb: Verb, status: number, seconds: number): void;
  /** Requests since the start. */
  count(verb: Verb, outcome: Outcome): number;
  /** Per bound the requests at or below it, then all of them; and the sum of seconds. */
  latency(verb: Verb): { readonly cumulative: readonly number[]; readonly sum: number };
}

export function httpMeter(): HttpMeter {
  const counts = new Float64Array(VERBS.length * OUTCOMES.length);
  const buckets = new Float64Array(VERBS.length * ROW);
  const sums = new Float64Array(VERBS.length);
  const indexOf = Object.fromEntries(VERBS.map((verb, i) => [verb, i])) as Record<Verb, number>;
  return {
    observe(verb, status, seconds) {
      const row = indexOf[verb];
      counts[row * OUTCOMES.length + outcomeIndex(status)]!++;
      buckets[row * ROW + bucketOf(seconds)]!++;
      sums[row]! += seconds;
    },
    count: (verb, outcome) => counts[indexOf[verb] * OUTCOMES.length + OUTCOMES.indexOf(outcome)]!,
    latency(verb) {
      let total = 0;
      const row = buckets.subarray(indexOf[verb] * ROW, (indexOf[verb] + 1) * ROW);
      return {
        cumulative: Array.from(row, (count) => (total += count)),
        sum: sums[indexOf[verb]]!,
      };
    },
  };
}

function bucketOf(seconds: number): number {
  let bucket = 0;
  while (bucket < LATENCY_BOUNDS.length && seconds > LATENCY_BOUNDS[bucket]!) bucket++;
  return bucket;
}

/** `unavailable`: the ring could not give a verdict; `failed`: a bug of this node. */
function outcomeIndex(status: number): number {
  if (status < 300 || status === 304) return 0;
  if (status < 400) return 1;
  if (status === 404) return 2;
  if (status < 500) return 3;
  return status === 500 ? 5 : 4;
}
