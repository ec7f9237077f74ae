// How many new events an object may have: a burst, and then one now and then.
import { EVENT_REFILL_MS, EVENTS_BURST, EVENTS_KEPT_MAX } from '../../core/limits.ts';
import type { Timers } from './timers.ts';

interface Bucket {
  readonly left: number;
  readonly atMs: number;
}

export class Budget {
  readonly #timers: Timers;
  /** The one that was asked for last stands last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Takes one; false: none is left. */
  spend(object: string): boolean {
    const nowMs = this.#timers.nowMs();
    const known = this.#buckets.get(object) ?? { left: EVENTS_BURST, atMs: nowMs };
    const left = Math.min(EVENTS_BURST, known.left + (nowMs - known.atMs) / EVENT_REFILL_MS);
    const isThere = left >= 1;
    this.#buckets.delete(object);
    this.#buckets.set(object, { left: isThere ? left - 1 : left, atMs: nowMs });
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= EVENTS_KEPT_MAX) break;
      this.#buckets.delete(oldest);
    }
    return isThere;
  }
}
