// Watches a ring until it is what is wanted, with a bar while slots move.
import type { RingStatus } from '../local/status.ts';
import { formatDuration, midSentence } from '../words.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { explain } from './explain.ts';
import { operationLine } from './status.ts';
import type { Target, TargetStatus } from './target.ts';
import type { Terminal } from './terminal.ts';

export interface Goal {
  /** Statuses older than this tell nothing: wall clock in ms. */
  readonly sinceMs: number;
  readonly timeoutMs: number;
  readonly isReached: (status: RingStatus) => boolean;
}

/** Resolves with the status that reached the goal; throws CommandFailed (refused) after the timeout. */
export async function follow(
  target: Target,
  goal: Goal,
  terminal: Terminal,
): Promise<TargetStatus> {
  const deadline = performance.now() + goal.timeoutMs;
  for (;;) {
    const status = await target.status();
    if (status.isCurrent && status.observedMs >= goal.sinceMs && goal.isReached(status)) {
      terminal.clear();
      return status;
    }
    terminal.progress(lineOf(status));
    if (!status.operated) {
      terminal.clear();
      throw new CommandFailed(EXIT.refused, `no operator runs this ring${starting(target)}`);
    }
    if (performance.now() > deadline) {
      terminal.clear();
      throw new CommandFailed(
        EXIT.refused,
        `not there after ${formatDuration(goal.timeoutMs)}; ${lineOf(status)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, target.pollMs));
  }
}

export function starting({ starter }: Target): string {
  return starter === null ? '' : `: start one with \`${starter}\``;
}

function lineOf(status: TargetStatus): string {
  const [first] = explain(status);
  return (
    operationLine(status) ||
    (first === undefined
      ? `${status.readyReplicas} of ${status.desiredReplicas} members serve`
      : `waits: ${midSentence(first.message)}`)
  );
}
