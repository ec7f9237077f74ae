// Lets what happens end a wait early: an edit of the manifest, the end of a process.

export interface Wake {
  /** Something may have changed. Also counts for the next wait when nobody waits now. */
  ring(): void;
  /** Resolves when it was rung, after `ms`, or when the signal aborts; never rejects. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function wake(): Wake {
  let rung = false;
  let end: (() => void) | null = null;
  return {
    ring: () => {
      rung = true;
      end?.();
    },
    wait: async (ms, signal) => {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener('abort', end, { once: true });
        });
        if (end !== null) signal.removeEventListener('abort', end);
      }
      end = null;
      rung = false;
    },
  };
}
