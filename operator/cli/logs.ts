// `dht logs`: the lines of all members as one log.
import { Command, Option } from 'commander';
import { moment, wholeNumber } from './arguments.ts';
import type { Cli } from './cli.ts';
import { EXAMPLE_MEMBER, examples, named, ringArgument } from './cli.ts';
import { LEVELS, lineText, mergeByTime } from './log-lines.ts';
import type { LogFilter, LogLine } from './log-lines.ts';
import type { GlobalOptions } from './target.ts';

interface LogsOptions extends GlobalOptions {
  readonly member?: readonly string[];
  readonly follow?: boolean;
  readonly level: string;
  readonly request?: string;
  readonly since?: number;
  readonly tail: number;
}

export function logsCommand(cli: Cli): Command {
  return new Command('logs')
    .description('the log lines of all members, merged by time')
    .addArgument(ringArgument())
    .option('-m, --member <names...>', 'only these members')
    .addOption(
      new Option('-l, --level <level>', 'least important level shown')
        .choices(LEVELS)
        .default('info'),
    )
    .option('--request <id>', 'only lines about this request (the X-Request-Id of its answer)')
    .option('--since <time>', 'only later ones: 10m, 2h, or a date', moment)
    .option('--tail <n>', 'the last so many lines', wholeNumber(1, 1e6), 200)
    .option('-f, --follow', 'go on with new lines')
    .addHelpText(
      'after',
      examples(cli, 'logs --follow', `logs -m ${EXAMPLE_MEMBER} -l warn --since 10m`) +
        '\n\nSingle requests are told where members log at debug: docs/cli.md#logs says how.',
    )
    .action(async (ring: string | undefined, _options: object, command: Command) => {
      const options = { ...command.optsWithGlobals<LogsOptions>(), ...named(ring) };
      const isLevelAsked = command.getOptionValueSource('level') !== 'default';
      await show(cli, options, {
        // Single requests are told at debug: who asks for one wants these lines.
        level: options.request === undefined || isLevelAsked ? options.level : 'debug',
        sinceMs: options.since ?? 0,
        ...(options.request === undefined ? {} : { request: options.request }),
      });
    });
}

async function show({ terminal, rings }: Cli, options: LogsOptions, filter: LogFilter) {
  const { member: members, tail, follow = false, output } = options;
  const target = await rings.target(options);
  const wish = { filter, tail, ...(members === undefined ? {} : { members }) };
  const print = (line: LogLine): void => {
    terminal.print(output === 'json' ? JSON.stringify(line) : lineText(line));
  };
  const reader = await target.logs(wish);
  try {
    mergeByTime(await reader.look())
      .slice(-tail)
      .forEach(print);
    while (follow) {
      await new Promise((resolve) => setTimeout(resolve, target.pollMs));
      mergeByTime(await reader.look()).forEach(print);
    }
  } finally {
    reader.close();
  }
}
