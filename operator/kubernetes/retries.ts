// Whether a call of the API server is tried again, and when. Pure.
import {
  KUBE_PATIENCE_MS,
  KUBE_RETRY_MS_MAX,
  KUBE_RETRY_MS_MIN,
  KUBE_TRIES_MAX,
} from '../../core/limits.ts';
import type { KubeAnswer } from './http.ts';
import { isUnknownField } from './refusals.ts';
import { jitteredMs } from './timers.ts';

export interface Attempts {
  /** Calls made so far, at least one. */
  readonly made: number;
  readonly spentMs: number;
  /** Whether a second one that follows a first one with unknown outcome does no harm. */
  readonly isRepeatable: boolean;
}

/** ms to wait before the next call; null: what came back is the outcome. */
export function retryAfter(
  answer: KubeAnswer,
  attempts: Attempts,
  fraction: number,
): number | null {
  if (attempts.made >= KUBE_TRIES_MAX) return null;
  if (!mayTryAgain(answer, attempts.isRepeatable)) return null;
  const asked = answer.kind === 'answered' ? (answer.retryAfterMs ?? 0) : 0;
  const bounds = { minMs: KUBE_RETRY_MS_MIN, maxMs: KUBE_RETRY_MS_MAX };
  // On top of what the server asked for: all that it turned away would come back together.
  const ms = asked + jitteredMs(attempts.made - 1, bounds, fraction);
  return attempts.spentMs + ms > KUBE_PATIENCE_MS ? null : ms;
}

function mayTryAgain(answer: KubeAnswer, isRepeatable: boolean): boolean {
  if (answer.kind === 'silent') return isRepeatable || !answer.mayBeDone;
  // 429 is given before anything is carried out; a failure may have come after.
  if (answer.status === 429) return true;
  return isRepeatable && answer.status >= 500 && !isUnknownField(answer);
}
