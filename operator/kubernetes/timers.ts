// Time as the rooms of this platform take it: handed in, so that tests run on virtual time.

export interface Timers {
  /** ms of a clock that never goes back; only differences mean anything. */
  nowMs(): number;
  /** Calls once after so many ms; the answer takes it back. */
  after(ms: number, run: () => void): () => void;
}

export const realTimers: Timers = {
  nowMs: () => performance.now(),
  after: (ms, run) => {
    // What was due a moment ago is due now.
    const timer = setTimeout(run, Math.max(0, ms));
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Resolves after so many ms, or at once when the signal aborts. */
export function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      takeBack();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const takeBack = timers.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** A random part of a ceiling that doubles with each failure (full jitter, Brooker 2015). */
export function jitteredMs(
  failures: number,
  bounds: { readonly minMs: number; readonly maxMs: number },
  fraction: number,
): number {
  return Math.ceil(fraction * Math.min(bounds.maxMs, bounds.minMs * 2 ** Math.min(failures, 30)));
}
