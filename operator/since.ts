// Since when a wait lasts and a condition stands as it does. The planner knows no history, so who
// publishes compares with what was published last.
import type { Wait } from './planner/actions.ts';
import type { Condition } from './planner/plan.ts';

/** Wall clock in ms; null: not known. */
export interface Since {
  readonly sinceMs: number | null;
}

export type LastingWait = Wait & Since;
export type LastingCondition = Condition & Since;

export interface Lasting {
  readonly waits: readonly LastingWait[];
  readonly conditions: readonly LastingCondition[];
}

interface Momentary {
  readonly waits: readonly Wait[];
  readonly conditions: readonly Condition[];
}

/** What holds now, with its beginning: as of `before` where it held then already, else now. */
export function lasting(
  { waits, conditions }: Momentary,
  before: Lasting | null,
  nowMs: number,
): Lasting {
  const waited = new Map(before?.waits.map((wait) => [identity(wait), wait.sinceMs ?? nowMs]));
  const held = new Map(before?.conditions.map((each) => [each.type, each]));
  return {
    waits: waits.map((wait) => ({ ...wait, sinceMs: waited.get(identity(wait)) ?? nowMs })),
    conditions: conditions.map((each) => {
      const known = held.get(each.type);
      const sinceMs = known?.status === each.status ? (known.sinceMs ?? nowMs) : nowMs;
      return { ...each, sinceMs };
    }),
  };
}

/** Figures in its message change while a wait lasts; for whom and why does not. */
const identity = ({ reason, nodes }: Wait): string => [reason, ...nodes].join(' ');
