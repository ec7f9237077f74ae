// What the load in its pod and the scenario outside agree upon.
import type { Failure } from '../proof/failures.ts';

export const LOAD = {
  controlPort: 9000,
  /** ms after which a client tries a failed call once more. */
  retryMs: 250,
} as const;

export interface LoadSums {
  readonly seconds: number;
  readonly calls: number;
  readonly acknowledged: number;
  /** Of first and second tries. */
  readonly failures: readonly Failure[];
  /** Of second tries: what a client that tries once more within 250 ms still sees. */
  readonly givenUp: readonly Failure[];
  readonly longestGapMs: number;
}

export interface LoadVerdict extends LoadSums {
  readonly keysRead: number;
  /** Empty: no acknowledged write was lost, wrong or resurrected. */
  readonly violations: readonly string[];
}
