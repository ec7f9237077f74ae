// plan(desired, observed): the precedence list. The first rule with an answer wins; one action a
// pass, then everything is observed again. Nothing is remembered between two passes, and whatever is
// pending goes on with the next one, until nothing is (I8).
import { NO_RULES_OFF } from '../../core/replica/rules.ts';
import type { Rule } from '../../core/replica/rules.ts';
import type { Action, Wait } from './actions.ts';
import { abortUnwanted, advanceChange, retreatFromLoss } from './advance.ts';
import { conditionsOf, foundingConditions } from './conditions.ts';
import type { Condition } from './conditions.ts';
import {
  confirmCleanUps,
  dropDeparted,
  markLostMembers,
  readdressMembers,
  recordDepartures,
  recordFullBarrier,
  removeDeparted,
} from './depart.ts';
import type { Desired, Observed } from './observed.ts';
import { operationOf } from './operation.ts';
import type { Operation } from './operation.ts';
import { found, haltOnSplitRing, postDocument, recoverDocument, unheardWait } from './recover.ts';
import { startChange } from './scale.ts';
import { startNodes } from './start.ts';
import { configureRing, rollNodes } from './upgrade.ts';
import type { Verdict } from './verdict.ts';
import { mayAuthor, worldOf } from './world.ts';
import type { World } from './world.ts';

export type { Condition } from './conditions.ts';
export { forecast } from './forecast.ts';
export type { MemberForecast } from './forecast.ts';
export type { Operation } from './operation.ts';

export interface Plan {
  readonly action: Action;
  /** Everything that waits, most important first. */
  readonly waits: readonly Wait[];
  readonly operation: Operation | null;
  readonly conditions: readonly Condition[];
}

type RingRule = (world: World) => Verdict;

/** Before these: the document is recovered, or the ring founded. */
const PRECEDENCE: readonly RingRule[] = [
  haltOnSplitRing, //    two documents of one epoch: nobody goes on
  postDocument, //       every reached node gets the stored document
  markLostMembers, //    R9: volumes proved gone
  readdressMembers,
  abortUnwanted, //      the demand went back, or a gaining member cannot go on
  retreatFromLoss, //    reads go back to the old ring: the new copies are lost
  advanceChange, //      I4, R7: the next phase of the change under way
  recordFullBarrier, //  R8: losers may clean up
  confirmCleanUps, //    R10
  recordDepartures, //   I6: receipts first,
  removeDeparted, //     then nodes and volumes,
  dropDeparted, //       then their names
  rollNodes, //          one node at a time, while every replica set is whole
  startChange, //        replacements, leaves and joins as one change; R12: nodes first
  configureRing,
  startNodes,
];

/** What to do now, what waits and why, and the state for people. `without` is for the simulator only. */
export function plan(
  desired: Desired,
  observed: Observed,
  without: ReadonlySet<Rule> = NO_RULES_OFF,
): Plan {
  const recovery = recoverDocument(observed);
  if (recovery.action !== null || observed.document === null) {
    const verdict = recovery.action !== null ? recovery : found(desired, observed);
    return { ...answer(verdict), operation: null, conditions: foundingConditions(verdict) };
  }
  const world = worldOf(desired, observed, observed.document, without);
  const verdict = firstAnswer(world);
  return {
    ...answer(verdict),
    operation: operationOf(world),
    conditions: conditionsOf(world, verdict),
  };
}

function firstAnswer(world: World): Verdict {
  const waits: Wait[] = [];
  for (const rule of PRECEDENCE) {
    const verdict = rule(world);
    waits.push(...verdict.waits);
    if (
      verdict.action?.kind === 'store-document' &&
      !world.without.has('R5') &&
      !mayAuthor(world)
    ) {
      waits.push(unheardWait(world));
      continue;
    }
    if (verdict.action !== null) return { action: verdict.action, waits };
  }
  return { action: null, waits };
}

const answer = ({ action, waits }: Verdict) => ({
  action: action ?? ({ kind: 'none' } as const),
  waits,
});
