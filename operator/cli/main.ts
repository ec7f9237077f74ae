// `dht`: one command a file; each talks to the ring by its REST interface and to the operator by
// what it publishes. Here they are only put together.
import { Command, CommanderError, Option } from 'commander';
import { STATE_FOLDER } from '../local/state-folder.ts';
import { VERSION } from '../version.ts';
import { reasonOf } from '../words.ts';
import { applyCommand } from './apply.ts';
import { benchCommand } from './bench.ts';
import { EXIT, EXIT_HELP, exitCodeOf } from './exit.ts';
import { getCommand } from './get.ts';
import { kvCommand } from './kv.ts';
import { logsCommand } from './logs.ts';
import { planCommand } from './plan.ts';
import { replCommand } from './repl.ts';
import { ringCommand } from './ring.ts';
import { scaleCommand } from './scale.ts';
import { statusCommand } from './status.ts';
import { stopCommand } from './stop.ts';
import { openTerminal } from './terminal.ts';
import { waitCommand } from './wait.ts';

const terminal = openTerminal({ out: process.stdout, err: process.stderr });

const program = new Command('dht')
  .description('Looks after a Ringkeeper ring: what it does, its size, its keys.')
  .version(VERSION)
  .addOption(
    new Option('-o, --output <format>', 'how results are printed')
      .choices(['text', 'json'])
      .default('text'),
  )
  .option('-c, --cluster <name>', 'which ring, where several have run from here')
  .option(
    '--state <folder>',
    'where the operator keeps its state',
    process.env.RINGKEEPER_STATE ?? STATE_FOLDER,
  )
  .option('--url <url>', 'client address of a ring elsewhere', process.env.RINGKEEPER_URL)
  .addHelpText(
    'after',
    `
Examples:
  dht status                      what the ring is doing, and why it waits
  dht plan --replicas 5           what scaling would move, before the act
  dht scale 5 --wait              scale, and follow it to its end
  dht kv put greeting hello       store a value; dht kv get greeting reads it
  dht kv fill --count 10000 && dht kv verify --count 10000
  dht ring owner greeting         which members hold a key

${EXIT_HELP}`,
  );

for (const command of [
  applyCommand,
  benchCommand,
  getCommand,
  kvCommand,
  logsCommand,
  planCommand,
  replCommand,
  ringCommand,
  scaleCommand,
  statusCommand,
  stopCommand,
  waitCommand,
])
  program.addCommand(command(terminal));
endWithCodes(program);

// A reader that has seen enough (`dht logs | head`) is no failure.
process.stdout.on('error', () => process.exit(EXIT.ok));

try {
  await program.parseAsync();
} catch (error) {
  terminal.done();
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    terminal.remark(`dht: ${reasonOf(error)}`);
    process.exitCode = exitCodeOf(error);
  }
}

/** Usage errors are thrown rather than ended with commander's own code. */
function endWithCodes(command: Command): void {
  command.exitOverride();
  command.showHelpAfterError('(--help shows examples)');
  for (const inner of command.commands) endWithCodes(inner);
}
