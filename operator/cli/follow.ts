// Watches a ring until it is what its manifest asks for, with a bar while slots move.
import { RECONCILE_BUSY_MS } from '../../core/limits.ts';
import type { RingStatus } from '../local/status.ts';
import { formatDuration, midSentence } from '../words.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { operationLine } from './status.ts';
import { localRing, readStatus } from './target.ts';
import type { GlobalOptions } from './target.ts';
import type { Terminal } from './terminal.ts';

export interface Goal {
  /** Statuses older than this tell nothing: wall clock in ms. */
  readonly sinceMs: number;
  readonly timeoutMs: number;
  readonly isReached: (status: RingStatus) => boolean;
}

/** Resolves with the status that reached the goal; throws CommandFailed (refused) after the timeout. */
export async function follow(
  options: GlobalOptions,
  goal: Goal,
  terminal: Terminal,
): Promise<RingStatus> {
  const deadline = performance.now() + goal.timeoutMs;
  for (;;) {
    const ring = await localRing(options);
    const status = await readStatus(ring);
    if (status.observedMs >= goal.sinceMs && goal.isReached(status)) {
      terminal.clear();
      return status;
    }
    terminal.progress(lineOf(status));
    if (!ring.isOperated) {
      terminal.clear();
      throw new CommandFailed(
        EXIT.refused,
        'no operator runs this ring: start one with `npm start`',
      );
    }
    if (performance.now() > deadline) {
      terminal.clear();
      throw new CommandFailed(
        EXIT.refused,
        `not there after ${formatDuration(goal.timeoutMs)}; ${lineOf(status)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, RECONCILE_BUSY_MS));
  }
}

function lineOf(status: RingStatus): string {
  const wait = status.waits[0];
  return (
    operationLine(status) ||
    (wait === undefined
      ? `${status.readyReplicas} of ${status.desiredReplicas} members serve`
      : `waits: ${midSentence(wait.message)}`)
  );
}
