// What a replica counts while it works, for those who watch it. Nothing in the protocol depends on it.
import type { Incarnation } from '../api/ids.ts';
import type { RingDocument } from '../api/ring-document.ts';
import { memberOf } from '../membership/document.ts';

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
  'writes-handed-over',
  'read-repairs',
  'sibling-reads',
  'anti-entropy-sessions',
  'digest-mismatches',
  'differing-leaves',
  'anti-entropy-bytes-in',
  'anti-entropy-bytes-out',
  // By the state of the member at the other end.
  'handoff-keys-in-joining',
  'handoff-keys-in-serving',
  'handoff-keys-in-leaving',
  'handoff-keys-in-left',
  'handoff-bytes-in-joining',
  'handoff-bytes-in-serving',
  'handoff-bytes-in-leaving',
  'handoff-bytes-in-left',
  'handoff-keys-out-joining',
  'handoff-keys-out-serving',
  'handoff-keys-out-leaving',
  'handoff-keys-out-left',
  'handoff-bytes-out-joining',
  'handoff-bytes-out-serving',
  'handoff-bytes-out-leaving',
  'handoff-bytes-out-left',
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

/** A page of a stream came in, or went out. A peer that the document no longer names has left. */
export function tallyHandoff(
  r: { readonly counts: Counts; readonly document: RingDocument | null },
  way: 'in' | 'out',
  {
    peer,
    keys,
    bytes,
  }: { readonly peer: Incarnation; readonly keys: number; readonly bytes: number },
): void {
  const state = (r.document && memberOf(r.document, peer)?.state) ?? 'left';
  tally(r, `handoff-keys-${way}-${state}`, keys);
  tally(r, `handoff-bytes-${way}-${state}`, bytes);
}

export function countOf(counts: Counts, counter: Counter): number {
  return counts[PLACES[counter]]!;
}
