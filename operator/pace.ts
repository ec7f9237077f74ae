// When a ring is looked at again: at once after an action, soon while something moves, and ever less
// often while it stands still. What may wake it sooner is the caller's.
import { RingError } from '../core/errors.ts';
import { RECONCILE_BUSY_MS, RECONCILE_PATIENCE, RECONCILE_RETRY_MS_MAX } from '../core/limits.ts';
import type { Action } from './planner/actions.ts';
import type { Plan } from './planner/plan.ts';

export class Pace {
  private readonly restMs: number;
  private readonly now: () => number;
  private said = '';
  private saidMs = 0;
  private acted = '';
  private failures = 0;

  /** `restMs`: between two looks at a ring at rest, and the longest pause of all. `now`: ms, monotonic. */
  constructor(restMs: number, now: () => number = () => performance.now()) {
    this.restMs = restMs;
    this.now = now;
  }

  /** ms until the next pass, after one that ended well; null: there is no cluster. */
  after(answer: Plan | null): number {
    this.failures = 0;
    const acted = answer === null ? '' : nameOf(answer.action);
    const isNew = acted !== this.acted;
    this.acted = acted;
    if (answer === null) return this.restMs;
    const stillMs = this.stillMs(answer, acted);
    if (acted !== '' && isNew) return 0;
    if (acted === '' && answer.operation === null && answer.waits.length === 0) return this.restMs;
    return Math.min(this.restMs, Math.max(RECONCILE_BUSY_MS, stillMs * RECONCILE_PATIENCE));
  }

  /** ms until it is tried again: a moved world at once, all else ever more slowly, with jitter. */
  afterFailure(error: unknown): number {
    this.failures += 1;
    if (isConflict(error) && this.failures === 1) return 0;
    const ceiling = RECONCILE_BUSY_MS * 2 ** Math.min(this.failures, 10);
    return Math.ceil(Math.min(RECONCILE_RETRY_MS_MAX, ceiling) * (0.5 + Math.random() / 2));
  }

  /** For how long the answer has been the same to the letter. */
  private stillMs({ waits, operation, conditions }: Plan, acted: string): number {
    const said = JSON.stringify([acted, waits, operation, conditions]);
    if (said !== this.said) this.saidMs = this.now();
    this.said = said;
    return this.now() - this.saidMs;
  }
}

/** The world moved on while a pass went on: no failure of anybody. */
export function isConflict(error: unknown): boolean {
  return error instanceof RingError && error.code === 'CONFLICT';
}

/** Equal for actions that come to the same; empty: none. */
function nameOf(action: Action): string {
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
