// Retries for calls that may be made again: a ring that changes, or a node that dies, costs a moment.
import { ERRORS, RingError } from '../../core/errors.ts';

const RETRIES = 10;
const RETRY_MS = 50;

/** The call's result; tried again, ever later, while the ring says that it may succeed (some 25 s in all). */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const retryable = error instanceof RingError && ERRORS[error.code].retryable;
      if (!retryable || attempt > RETRIES) throw error;
      const ms = RETRY_MS * 2 ** Math.min(attempt, 6) * (0.5 + Math.random() / 2);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
}
