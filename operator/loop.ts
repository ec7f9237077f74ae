// The operator's only loop: observe → plan → apply → report, one action a pass, then observe again.
// It knows no platform and keeps no memory of the ring: what must survive it is stored elsewhere.
import { RECONCILE_MS } from '../core/limits.ts';
import { isConflict, Pace } from './pace.ts';
import type { Desired, Observed } from './planner/observed.ts';
import type { Plan } from './planner/plan.ts';
import type { Platform } from './platform.ts';

export type Planner = (desired: Desired, observed: Observed) => Plan;

export interface LoopEvents {
  /** A pass failed; the next one follows after `retryMs`. One call per failure. */
  failed(error: unknown, retryMs: number): void;
  /** A pass came to its end. That the world moved on meanwhile is no error. */
  passed?(ms: number, result: 'success' | 'error'): void;
}

/** Reconciles until the signal aborts, which it lets interrupt waits but never an action half way. */
export async function reconcile(
  platform: Platform,
  plan: Planner,
  signal: AbortSignal,
  events: LoopEvents,
): Promise<void> {
  const pace = new Pace(RECONCILE_MS);
  while (!signal.aborted) {
    let waitMs: number;
    const begunMs = performance.now();
    try {
      const answer = await pass(platform, plan);
      events.passed?.(performance.now() - begunMs, 'success');
      waitMs = pace.after(answer);
    } catch (error) {
      events.passed?.(performance.now() - begunMs, isConflict(error) ? 'success' : 'error');
      waitMs = pace.afterFailure(error);
      if (!isConflict(error)) events.failed(error, waitMs);
    }
    if (waitMs > 0 && !signal.aborted) await platform.wait(waitMs, signal);
  }
}

/** One pass; null: there is no cluster. */
export async function pass(platform: Platform, plan: Planner): Promise<Plan | null> {
  const desired = await platform.desired();
  if (desired === null) return null;
  const observed = await platform.observe();
  const answer = plan(desired, observed);
  // Reported before it is applied: an action that takes long, or fails, has been announced.
  await platform.report(answer, observed);
  await platform.apply(answer.action);
  return answer;
}
