// `dht why`: every wait explained.
import { Command } from 'commander';
import { counted, formatDuration, midSentence } from '../words.ts';
import type { Cli } from './cli.ts';
import { examples, named, ringArgument } from './cli.ts';
import { explain } from './explain.ts';
import type { Explained } from './explain.ts';
import { operationLine } from './status.ts';
import type { GlobalOptions, Happened, TargetStatus } from './target.ts';

export function whyCommand(cli: Cli): Command {
  const { terminal, rings } = cli;
  return new Command('why')
    .description(
      'every wait explained: for what, since when, what would unblock it, where to read on',
    )
    .addArgument(ringArgument())
    .addHelpText('after', examples(cli, 'why', 'why -o json | jq ".waits[].reason"'))
    .action(async (ring: string | undefined, _options: object, command: Command) => {
      const options = { ...command.optsWithGlobals<GlobalOptions>(), ...named(ring) };
      const target = await rings.target(options);
      const status = await target.status();
      const waits = explain(status);
      const warnings = await target.warnings();
      if (options.output === 'json') {
        const { cluster, operated, operation } = status;
        terminal.printJson({ cluster, operated, waits, operation, warnings });
      } else terminal.print(whyText({ status, waits, warnings }, Date.now()));
    });
}

/** ms; a status is published about once a second. */
const OLD_MS = 5_000;

export interface Reasons {
  readonly status: TargetStatus;
  readonly waits: readonly Explained[];
  readonly warnings: readonly Happened[];
}

export function whyText({ status, waits, warnings }: Reasons, nowMs: number): string {
  const head =
    waits.length === 0
      ? `${status.cluster} waits for nothing`
      : `${status.cluster}: ${counted(waits.length, 'thing')} to know`;
  return [
    `${head}${ageOf(status, nowMs)}`,
    ...waits.flatMap((wait, index) => ['', ...waitLines(wait, index + 1, nowMs)]),
    ...(status.operation === null ? [] : ['', `under way: ${operationLine(status)}`]),
    ...(warnings.length === 0 ? [] : ['', 'warnings of late:']),
    ...warnings.map(
      ({ atMs, reason, note }) => `  ${formatDuration(nowMs - atMs)} ago  ${reason}: ${note}`,
    ),
  ].join('\n');
}

/** A pass over members that do not answer takes its time: what was published then may be over. */
function ageOf({ observedMs }: TargetStatus, nowMs: number): string {
  const ms = nowMs - observedMs;
  return ms < OLD_MS ? '' : ` (as of ${formatDuration(ms)} ago)`;
}

function waitLines(wait: Explained, number: number, nowMs: number): readonly string[] {
  const { reason, condition, message, unblock, nodes, sinceMs, runbook } = wait;
  const since = sinceMs === null ? '' : `, for ${formatDuration(nowMs - sinceMs)}`;
  const of = condition === null || condition === reason ? '' : ` (${condition})`;
  return [
    `${number}. ${reason}${of}${since}`,
    `   ${message}`,
    ...(nodes.length === 0 ? [] : [`   whom it is about: ${nodes.join(', ')}`]),
    ...(unblock === '' ? [] : [`   what would unblock it: ${midSentence(unblock)}`]),
    ...(runbook === null ? [] : [`   runbook: ${runbook}`]),
  ];
}
