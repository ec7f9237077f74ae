// What is worth a line in the life of a ring, wherever it runs: changes that begin and end, waits that
// last, rest. Each is told once.
import type { Telling } from './console-place.ts';
import type { Wait, WaitReason } from './planner/actions.ts';
import type { OperationStatus } from './ring-status.ts';
import { counted, formatBytes, formatDuration, midSentence } from './words.ts';

/** A ring at one moment, as far as it makes news. */
export interface Moment {
  readonly observedMs: number;
  readonly epoch: number;
  readonly operation: OperationStatus | null;
  readonly waits: readonly Wait[];
  /** Everything that was asked for is done. */
  readonly atRest: boolean;
  /** What to say when it comes to rest. */
  readonly restText: string;
}

/** ms after which a wait is told: most end sooner by themselves, and processes take a while to start. */
const WAIT_TOLD_MS = 1_500;
const START_TOLD_MS = 5_000;

/** Tells what differs from the moment before. */
export function follower(tell: (telling: Telling) => void): (moment: Moment) => void {
  let operation: OperationStatus | null = null;
  let begunMs = 0;
  let rested = false;
  const waits = new Map<WaitReason, { readonly sinceMs: number; readonly told: boolean }>();
  return (moment) => {
    const begun = moment.operation;
    if (operation !== null && begun?.id !== operation.id) {
      tell({
        kind: 'change',
        text: `${operation.summary}: ${endOf(operation, moment.epoch, moment.observedMs - begunMs)}`,
      });
    }
    if (begun !== null && begun.id !== operation?.id) {
      begunMs = begun.startedMs;
      tell({ kind: 'change', text: `${begun.summary}: ring change begins` });
    }
    operation = begun;
    for (const wait of newWaits(waits, moment)) tell({ kind: 'waits', text: waitText(wait) });
    if (moment.atRest && !rested) tell({ kind: 'healthy', text: moment.restText });
    rested = moment.atRest;
  };
}

function waitText({ message, unblock }: Wait): string {
  return `waits: ${midSentence(message)}${unblock === '' ? '' : ` — ${midSentence(unblock)}`}`;
}

/** What has waited for long enough to be worth a line, once per reason. */
function newWaits(
  known: Map<WaitReason, { readonly sinceMs: number; readonly told: boolean }>,
  { waits, observedMs }: Moment,
): readonly Wait[] {
  for (const reason of known.keys()) {
    if (!waits.some((wait) => wait.reason === reason)) known.delete(reason);
  }
  return waits.filter((wait) => {
    const { sinceMs, told } = known.get(wait.reason) ?? { sinceMs: observedMs, told: false };
    const due =
      !told &&
      observedMs - sinceMs >= (wait.reason === 'NodesStarting' ? START_TOLD_MS : WAIT_TOLD_MS);
    known.set(wait.reason, { sinceMs, told: told || due });
    return due;
  });
}

function endOf(operation: OperationStatus, epoch: number, tookMs: number): string {
  return (
    `ended at epoch ${epoch} after ${formatDuration(tookMs)}, ${counted(operation.keysDone, 'key')} ` +
    `(${formatBytes(operation.bytesDone)}) moved`
  );
}
