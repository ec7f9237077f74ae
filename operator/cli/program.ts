// How both entries are run: commands are put together, usage errors and failures become exit codes.
import { Command, CommanderError, Option } from 'commander';
import { VERSION } from '../version.ts';
import { reasonOf } from '../words.ts';
import type { Cli } from './cli.ts';
import { COMPLETE, complete, completionText } from './complete.ts';
import { decommissionCommand } from './decommission.ts';
import { asksJson, EXIT, EXIT_HELP, exitCodeOf, failureOf } from './exit.ts';
import { getCommand } from './get.ts';
import { hibernateCommand, wakeCommand } from './hibernate.ts';
import { logsCommand } from './logs.ts';
import { pauseCommand, resumeCommand } from './pause.ts';
import { planCommand } from './plan.ts';
import { restartCommand } from './restart.ts';
import { ringCommand } from './ring.ts';
import { scaleCommand } from './scale.ts';
import { statusCommand } from './status.ts';
import { waitCommand } from './wait.ts';
import { whyCommand } from './why.ts';

/** The commands that every platform has. */
const COMMANDS = [
  decommissionCommand,
  getCommand,
  hibernateCommand,
  logsCommand,
  pauseCommand,
  planCommand,
  restartCommand,
  resumeCommand,
  ringCommand,
  scaleCommand,
  statusCommand,
  waitCommand,
  wakeCommand,
  whyCommand,
];

/** A program with what every platform has; its entry adds its own. */
export function programOf(cli: Cli, description: string): Command {
  const program = new Command(cli.name)
    .description(description)
    .version(VERSION)
    // Arguments stand in each command's own help: here they would leave no room for what it does.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addOption(
      new Option('-o, --output <format>', 'how results are printed')
        .choices(['text', 'json'])
        .default('text'),
    );
  for (const command of COMMANDS) program.addCommand(command(cli));
  return program;
}

export const helpEnd = (examples: string): string => `\n${examples}\n\n${EXIT_HELP}`;

/** Ends with the exit code set. */
export async function runProgram(program: Command, cli: Cli): Promise<void> {
  const { terminal, name } = cli;
  const inOrder = [...program.commands].sort((a, b) => (a.name() < b.name() ? -1 : 1));
  (program.commands as Command[]).splice(0, inOrder.length, ...inOrder);
  const asJson = asksJson(process.argv);
  endWithCodes(program, asJson);
  // A reader that has seen enough (`dht logs | head`) is no failure.
  process.stdout.on('error', () => process.exit(EXIT.ok));
  try {
    const [, , first, ...line] = process.argv;
    if (first === COMPLETE)
      terminal.printBytes(Buffer.from(completionText(await complete(program, cli, line))));
    else await program.parseAsync();
  } catch (error) {
    terminal.done();
    process.exitCode = exitCodeOf(error);
    if (process.exitCode === EXIT.ok) return;
    if (asJson) terminal.remark(JSON.stringify(failureOf(error)));
    // Usage errors were told by commander.
    else if (!(error instanceof CommanderError)) terminal.remark(`${name}: ${reasonOf(error)}`);
  }
}

/** Usage errors are thrown rather than ended with commander's own code. */
function endWithCodes(command: Command, asJson: boolean): void {
  command.exitOverride();
  if (asJson) command.configureOutput({ outputError: () => undefined }).showHelpAfterError(false);
  else command.showHelpAfterError('(--help shows examples)');
  for (const inner of command.commands) endWithCodes(inner, asJson);
}
