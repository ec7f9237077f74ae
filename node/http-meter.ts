// Counts client requests on the hot path: plain typed arrays, nothing is made per request.
import { distribution, SECONDS_BOUNDS } from './distribution.ts';
import type { Counted, Distribution } from './distribution.ts';
import { VERBS } from './http/exchange.ts';
import type { Verb } from './http/exchange.ts';

export const OUTCOMES = ['ok', 'siblings', 'missing', 'refused', 'unavailable', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const LATENCY_BOUNDS = SECONDS_BOUNDS;

/** One request that fell into a bucket: the way from a graph to a log line. */
export interface Example {
  readonly requestId: string;
  readonly seconds: number;
  /** Wall clock in ms. */
  readonly atMs: number;
}

export interface HttpMeter {
  readonly observe: (verb: Verb, status: number, seconds: number, requestId: string) => void;
  /** Requests since the start. */
  count(verb: Verb, outcome: Outcome): number;
  latency(verb: Verb): Counted;
  /** Of this verb and bucket the newest request; null: none came. */
  example(verb: Verb, bucket: number): Example | null;
}

const ROW = LATENCY_BOUNDS.length + 1;

/** `now`: wall clock, ms since 1970. */
export function httpMeter(now: () => number): HttpMeter {
  const counts = new Float64Array(VERBS.length * OUTCOMES.length);
  const latencies: readonly Distribution[] = VERBS.map(() => distribution(LATENCY_BOUNDS));
  const ids = new Array<string>(VERBS.length * ROW).fill('');
  const examples = new Float64Array(VERBS.length * ROW * 2);
  const indexOf = Object.fromEntries(VERBS.map((verb, i) => [verb, i])) as Record<Verb, number>;
  return {
    observe(verb, status, seconds, requestId) {
      const row = indexOf[verb];
      counts[row * OUTCOMES.length + outcomeIndex(status)]!++;
      const place = row * ROW + latencies[row]!.observe(seconds);
      ids[place] = requestId;
      examples[place * 2] = seconds;
      examples[place * 2 + 1] = now();
    },
    count: (verb, outcome) => counts[indexOf[verb] * OUTCOMES.length + OUTCOMES.indexOf(outcome)]!,
    latency: (verb) => latencies[indexOf[verb]]!.read(),
    example(verb, bucket) {
      const place = indexOf[verb] * ROW + bucket;
      const [seconds, atMs] = [examples[place * 2]!, examples[place * 2 + 1]!];
      return atMs === 0 ? null : { requestId: ids[place]!, seconds, atMs };
    },
  };
}

/** `unavailable`: the ring could not give a verdict; `failed`: a bug of this node. */
function outcomeIndex(status: number): number {
  if (status < 300 || status === 304) return 0;
  if (status < 400) return 1;
  if (status === 404) return 2;
  if (status < 500) return 3;
  return status === 500 ? 5 : 4;
}
