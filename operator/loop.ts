// The operator's only loop: observe → plan → apply → report, one action a pass, then observe again.
// It knows no platform and keeps no memory of the ring: what must survive it is stored elsewhere.
import { RingError } from '../core/errors.ts';
import { RECONCILE_BUSY_MS, RECONCILE_MS, RECONCILE_RETRY_MS_MAX } from '../core/limits.ts';
import type { Action } from './planner/actions.ts';
import type { Desired, Observed } from './planner/observed.ts';
import type { Plan } from './planner/plan.ts';
import type { Platform } from './platform.ts';

export type Planner = (desired: Desired, observed: Observed) => Plan;

export interface LoopEvents {
  /** A pass failed; the next one follows after `retryMs`. One call per failure. */
  failed(error: unknown, retryMs: number): void;
}

/** Reconciles until the signal aborts, which it lets interrupt waits but never an action half way. */
export async function reconcile(
  platform: Platform,
  plan: Planner,
  signal: AbortSignal,
  events: LoopEvents,
): Promise<void> {
  let failures = 0;
  let before = '';
  while (!signal.aborted) {
    let waitMs: number;
    try {
      const answer = await pass(platform, plan);
      failures = 0;
      waitMs = pauseAfter(answer, before);
      before = answer === null ? '' : nameOf(answer.action);
    } catch (error) {
      failures += 1;
      waitMs = retryMs(error, failures);
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

/** ms until the next pass: none after an action, unless it is the one before over again. */
export function pauseAfter(answer: Plan | null, before: string): number {
  if (answer === null) return RECONCILE_MS;
  if (answer.action.kind !== 'none')
    return nameOf(answer.action) === before ? RECONCILE_BUSY_MS : 0;
  return answer.operation === null && answer.waits.length === 0 ? RECONCILE_MS : RECONCILE_BUSY_MS;
}

/** Equal for actions that come to the same; empty: none. */
export function nameOf(action: Action): string {
  switch (action.kind) {
    case 'none':
      return '';
    case 'store-document':
      return `store ${action.document.epoch}`;
    case 'post-document':
      return `post ${action.document.epoch} to ${action.to.join(' ')}`;
    case 'start-node':
    case 'restart-node':
    case 'remove-node':
      return `${action.kind} ${action.id}`;
  }
}

/** A moved world is looked at again at once; what fails is tried again ever more slowly, with jitter. */
function retryMs(error: unknown, failures: number): number {
  if (isConflict(error) && failures === 1) return 0;
  const ceiling = Math.min(RECONCILE_RETRY_MS_MAX, RECONCILE_BUSY_MS * 2 ** Math.min(failures, 10));
  return Math.ceil(ceiling * (0.5 + Math.random() / 2));
}

function isConflict(error: unknown): boolean {
  return error instanceof RingError && error.code === 'CONFLICT';
}
