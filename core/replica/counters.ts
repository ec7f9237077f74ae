// What a replica counts while it works, for those who watch it. Nothing in the protocol depends on it.

/** Counts since the start of this process. `handoff`: streams of ring changes, by R6. */
export const COUNTERS = [
  // A coordinated operation ends ok, short (too few can be reached) or by timeout. stale-epoch: the
  // ring changed under it, so that it had to be planned again or was refused.
  'read-ok',
  'read-short',
  'read-timeout',
  'read-stale-epoch',
  'write-ok',
  'write-short',
  'write-timeout',
  'write-stale-epoch',
  'read-repairs',
  'sibling-reads',
  'anti-entropy-sessions',
  'digest-mismatches',
  'differing-leaves',
  'handoff-keys-in',
  'handoff-bytes-in',
  'handoff-keys-out',
  'handoff-bytes-out',
  'hints-kept',
  'hints-delivered',
  'tombstones-collected',
] as const;

export type Counter = (typeof COUNTERS)[number];

/** One number per counter, in the order of COUNTERS. */
export type Counts = Float64Array;

const PLACES = Object.fromEntries(COUNTERS.map((counter, place) => [counter, place])) as Readonly<
  Record<Counter, number>
>;

export function newCounts(): Counts {
  return new Float64Array(COUNTERS.length);
}

/** Counts on the hot path too: one increment, nothing is made. */
export function tally({ counts }: { readonly counts: Counts }, counter: Counter, by = 1): void {
  counts[PLACES[counter]]! += by;
}

export function countOf(counts: Counts, counter: Counter): number {
  return counts[PLACES[counter]]!;
}
