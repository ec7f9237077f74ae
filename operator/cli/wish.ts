// What all commands share that change what is wanted of a ring: the edit, what is said of it, and the
// wait for its end.
import type { Command } from 'commander';
import type { ClusterSpec } from '../../core/api/cluster.ts';
import type { RingStatus } from '../local/status.ts';
import { formatDuration } from '../words.ts';
import { timeoutOption } from './arguments.ts';
import type { Cli } from './cli.ts';
import { follow, starting } from './follow.ts';
import type { GlobalOptions, SpecEdit, Target } from './target.ts';

export interface WishOptions extends GlobalOptions {
  readonly wait?: boolean;
  readonly timeout?: number;
}

export interface Wish {
  readonly edit: (spec: ClusterSpec) => SpecEdit;
  /** After `dev.yaml asks `: `for 5 members`. */
  readonly says: string;
  /** When what was asked for is done. */
  readonly isReached: (status: RingStatus) => boolean;
}

export function withWait(command: Command): Command {
  return command
    .option('-w, --wait', 'follow it to its end')
    .addOption(timeoutOption('give up waiting, not the change, after this time', 600));
}

export async function carryOut(
  { terminal }: Cli,
  { target, options, wish }: { target: Target; options: WishOptions; wish: Wish },
): Promise<void> {
  const sinceMs = Date.now();
  const changed = await target.change(wish.edit);
  terminal.remark(`${target.wish} asks ${wish.says} ${changed ? 'now' : 'already'}`);
  if (changed && target.afterChange !== undefined) terminal.remark(target.afterChange);
  const { operated } = await target.status();
  if (!operated) terminal.remark(`no operator runs this ring${starting(target)}`);
  if (options.wait === true && operated) {
    const timeoutMs = options.timeout ?? 0;
    const status = await follow(
      target,
      { sinceMs, timeoutMs, isReached: wish.isReached },
      terminal,
    );
    terminal.remark(`done in ${formatDuration(Date.now() - sinceMs)}, epoch ${status.ring.epoch}`);
  }
  if (options.output === 'json') {
    const { replicas, decommission, paused, hibernate, restartedAt } = (await target.wanted()).spec;
    const wanted = { replicas, decommission, paused, hibernate, restartedAt };
    terminal.printJson({ cluster: target.name, changed, operated, ...wanted });
  }
}
