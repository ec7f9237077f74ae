// The port between the loop and where nodes run. Two implementations, local and kubernetes, pass one
// contract suite (test/contracts/platform.ts).
import type { Action } from './planner/actions.ts';
import type { Desired, Observed } from './planner/observed.ts';
import type { Plan } from './planner/plan.ts';

export interface Platform {
  /** What the user asks for now; null: the cluster is gone. A manifest that is not valid keeps the last good one. */
  desired(): Promise<Desired | null>;
  observe(): Promise<Observed>;
  /**
   * Carries out one action; idempotent. Throws RingError CONFLICT where the world moved on (the loop
   * observes again at once).
   */
  apply(action: Action): Promise<void>;
  /** Publishes status, conditions and events. */
  report(plan: Plan, observed: Observed): Promise<void>;
  /** Resolves when something may have changed, or after `ms`. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}
