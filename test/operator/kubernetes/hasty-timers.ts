// Timers for which no time passes but what is asked for: every wait ends at once and is kept.
import type { Timers } from '../../../operator/kubernetes/timers.ts';

export interface HastyTimers extends Timers {
  /** ms of each wait so far. */
  readonly waits: readonly number[];
}

export function hastyTimers(): HastyTimers {
  const waits: number[] = [];
  let nowMs = 0;
  return {
    waits,
    nowMs: () => nowMs,
    after: (ms, run) => {
      waits.push(ms);
      const immediate = setImmediate(() => {
        nowMs += ms;
        run();
      });
      return () => {
        clearImmediate(immediate);
      };
    },
  };
}
