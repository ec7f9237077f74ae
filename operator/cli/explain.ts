// Every wait in words: what is waited for, since when, what would unblock it, and where more is
// written. Pure, and the same for every platform.
import { WAIT_REASONS } from '../planner/actions.ts';
import { runbookOf } from '../runbooks.ts';
import type { LastingCondition, LastingWait } from '../since.ts';
import { adviceOn, sayingOf } from './advice.ts';
import type { TargetStatus } from './target.ts';

export interface Explained {
  /** CamelCase; the name of its runbook page. */
  readonly reason: string;
  /** The condition that says so; null: the planner's own word. */
  readonly condition: string | null;
  readonly message: string;
  /** Empty: nothing is to be done. */
  readonly unblock: string;
  readonly nodes: readonly string[];
  readonly sinceMs: number | null;
  /** null: none is needed. */
  readonly runbook: string | null;
}

/** When a condition tells that something waits or is amiss. */
type Telling = readonly [type: string, tells: (condition: LastingCondition) => boolean];

const is =
  (status: LastingCondition['status']) =>
  (condition: LastingCondition): boolean =>
    condition.status === status;

/**
 * These come before everything else: clients or data are concerned, or nothing goes on without a person.
 */
const GRAVE: readonly Telling[] = [
  ['DataLossPossible', is('True')],
  ['Ready', is('False')],
  ['Stalled', is('True')],
];

/** In the order in which a person wants to know. */
const TELLING: readonly Telling[] = [
  ['ScaleInBlocked', is('True')],
  ['ReplicationSatisfied', is('False')],
  // `Acting` is the pass itself: nothing waits.
  ['Reconciling', ({ status, reason }) => status === 'True' && reason !== 'Acting'],
  ['RollingOut', is('True')],
  ['VolumesResizing', is('True')],
  ['Hibernated', ({ status, reason }) => status === 'True' || reason === 'WaitsForRing'],
  ['Paused', is('True')],
  ['RequiresUpdate', is('True')],
];

/** All that waits or is amiss, most important first; each once. */
export function explain(status: TargetStatus): readonly Explained[] {
  if (!status.operated) return [nobody()];
  const waits = distinct(status.waits).map((wait): Explained => {
    return { ...wait, condition: null, runbook: runbookOf(wait.reason) };
  });
  // A condition that leads to the page of what was told already says nothing new.
  const told = new Set<string | null>(waits.map(({ runbook }) => runbook));
  const once = (found: readonly Explained[]): readonly Explained[] =>
    found.filter(({ runbook }) => !told.has(runbook) && told.add(runbook));
  return [
    ...(status.isCurrent ? [] : [unheeded(status)]),
    ...once(conditionsTelling(GRAVE, status)),
    ...waits,
    ...once(conditionsTelling(TELLING, status)),
  ];
}

/** Two rules may wait for the same members for the same reason: the more important one says it. */
function distinct(waits: readonly LastingWait[]): readonly LastingWait[] {
  const key = ({ reason, nodes }: LastingWait): string => [reason, ...nodes].join(' ');
  const first = new Map([...waits].reverse().map((wait) => [key(wait), wait]));
  return waits.filter((wait) => first.get(key(wait)) === wait);
}

function conditionsTelling(
  list: readonly Telling[],
  { conditions }: TargetStatus,
): readonly Explained[] {
  return list.flatMap(([type, tells]) =>
    conditions.filter((each) => each.type === type && tells(each)).map(explainCondition),
  );
}

function explainCondition(condition: LastingCondition): Explained {
  const { type, reason, sinceMs } = condition;
  const { text, unblock } = parted(condition);
  return {
    reason,
    condition: type,
    message: sayingOf(reason, text),
    unblock,
    nodes: [],
    sinceMs,
    runbook: runbookOf(reason),
  };
}

/** Where a condition repeats a wait, its message ends with what would unblock it (conditions.ts). */
function parted({ type, reason, message }: LastingCondition): { text: string; unblock: string } {
  const at = message.lastIndexOf('. ');
  const isWait = (WAIT_REASONS as readonly string[]).includes(reason);
  if (isWait && at >= 0 && (type === 'Stalled' || type === 'ScaleInBlocked'))
    return { text: message.slice(0, at), unblock: message.slice(at + 2) };
  return { text: message, unblock: adviceOn(reason) ?? '' };
}

const nobody = (): Explained => ({
  reason: 'NoOperator',
  condition: null,
  message:
    'No operator looks after this ring: members go on serving, and nothing is started or changed',
  unblock: adviceOn('NoOperator') ?? '',
  nodes: [],
  sinceMs: null,
  runbook: runbookOf('NoOperator'),
});

/** An operator runs, and does not go by what is wanted now: not yet, or it cannot. */
function unheeded({ invalid = [] }: TargetStatus): Explained {
  if (invalid.length > 0)
    return {
      ...nobody(),
      reason: 'InvalidSpec',
      message: `The manifest is not valid, and the last good one is in force: ${invalid.join('; ')}`,
      unblock: 'Correct the manifest',
      runbook: runbookOf('InvalidSpec'),
    };
  return {
    ...nobody(),
    message: 'The operator has not taken notice yet of what is wanted now',
    unblock: 'It looks within seconds; where it does not, its log says why',
  };
}
