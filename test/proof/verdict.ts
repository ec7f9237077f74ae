// The judgement of a proof, and its closing summary: what was done, what was lost, and every error
// that had no excuse.
import { judgeHistory, nameOf } from '../sim/checkers/history.ts';
import type { Call, HistoryViolation } from '../sim/checkers/history.ts';
import { excuse, NOTICE_MS } from './failures.ts';
import type { Failure } from './failures.ts';
import type { Blow } from './havoc.ts';
import { REAL_RULES } from './history-file.ts';
import type { Journal } from './journal.ts';
import type { Outages } from './outages.ts';

/** What was done to the ring. */
export interface Done {
  readonly blows: Readonly<Record<Blow, number>>;
  readonly kills: number;
  readonly scales: number;
  readonly wipes: number;
}

export interface Evidence extends Done {
  readonly journal: Journal;
  readonly outages: Outages;
  readonly keysRead: number;
  /** Processes that were replaced though nobody killed them. */
  readonly exchanged: readonly string[];
  /** Of the operator, asked to stop all in order. */
  readonly exitCode: number | null;
}

export interface Verdict {
  /** For people, ending in the one line of sums. */
  readonly summary: string;
  /** Empty: the proof holds. */
  readonly violations: readonly string[];
}

const UNEXCUSED = 'WITHOUT EXCUSE';

export function judge(evidence: Evidence): Verdict {
  const { journal, outages, exchanged, exitCode } = evidence;
  const found = judgeHistory(journal.calls, REAL_RULES);
  const excuses = journal.failures.map((failure) => ({ failure, why: excuse(failure, outages) }));
  const unexcused = excuses.filter(({ why }) => why === null).map(({ failure }) => failure);
  const violations = [
    ...found.map(describeViolation),
    ...unexcused.map((failure) => describeFailure(failure, outages)),
    ...exchanged.map((change) => `a node was replaced though nobody killed it: ${change}`),
    ...(exitCode === 0 ? [] : [`the operator ended with ${exitCode ?? 'a signal'}, not 0`]),
  ];
  const summary = [
    callsLine(journal.calls),
    `errors: ${tally(excuses.map(({ failure, why }) => `${failure.code} (${why ?? UNEXCUSED})`))}`,
    `blows: ${Object.entries(evidence.blows)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ')}`,
    sums(evidence, found, unexcused.length),
  ].join('\n');
  return { summary, violations };
}

export function describeViolation({ invariant, message, call }: HistoryViolation): string {
  return `${invariant}: ${message} (${nameOf(call)})`;
}

function describeFailure(failure: Failure, outages: Outages): string {
  const { client, what, key, code, via, startMs, endMs, detail } = failure;
  return (
    `client ${client}'s ${what} of ${key} through ${via ?? 'the proxy'} ` +
    `failed without excuse after ` +
    `${Math.round(endMs - startMs)} ms at ${Math.round(startMs)}: ${code} ${detail}; ` +
    `away: ${outages.describe(failure, NOTICE_MS) || 'nobody'}`
  );
}

function callsLine(calls: readonly Call[]): string {
  const of = (kind: Call['kind'], outcome: Call['outcome']): number =>
    calls.filter((call) => call.kind === kind && call.outcome === outcome).length;
  return (
    `calls: ${of('read', 'ok')} reads answered; writes: ${of('write', 'ok')} acknowledged, ` +
    `${of('write', 'failed')} refused, ${of('write', 'unknown')} unknown`
  );
}

function sums(evidence: Evidence, found: readonly HistoryViolation[], unexcused: number): string {
  const of = (...names: readonly string[]): number =>
    found.filter(({ invariant }) => names.includes(invariant)).length;
  const acknowledged = evidence.journal.calls.filter(
    (call) => call.kind === 'write' && call.outcome === 'ok',
  );
  return (
    `acknowledged=${acknowledged.length} keys=${evidence.keysRead} kills=${evidence.kills} ` +
    `scales=${evidence.scales} volumes-lost=${evidence.wipes} ` +
    `lost=${of('I1')} wrong=${of('thin air', '§5')} ` +
    `resurrected=${of('I7')} errors=${evidence.journal.failures.length} unexcused=${unexcused}`
  );
}

function tally(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  if (counts.size === 0) return 'none';
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, n]) => `${n} ${name}`)
    .join(', ');
}
