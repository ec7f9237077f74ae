// `dht`: one command a file; each talks to the ring by its REST interface and to the operator by
// what it publishes. Here they are only put together, for rings on this machine.
import { STATE_FOLDER } from '../local/state-folder.ts';
import { applyCommand } from './apply.ts';
import { benchCommand } from './bench.ts';
import { completionCommand } from './completion.ts';
import { kvCommand } from './kv.ts';
import { localPlatform } from './local-target.ts';
import { helpEnd, programOf, runProgram } from './program.ts';
import { replCommand } from './repl.ts';
import { stopCommand } from './stop.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal({ out: process.stdout, err: process.stderr });
const cli = { terminal, rings: localPlatform, name: 'dht' };

const program = programOf(cli, 'Looks after a Ringkeeper ring: what it does, its size, its keys.')
  .option('-c, --cluster <name>', 'which ring, where several have run from here')
  .option(
    '--state <folder>',
    'where the operator keeps its state',
    process.env.RINGKEEPER_STATE ?? STATE_FOLDER,
  )
  .option('--url <url>', 'client address of a ring elsewhere', process.env.RINGKEEPER_URL)
  .addHelpText(
    'after',
    helpEnd(`Examples:
  dht status                      what the ring is doing
  dht why                         why it waits, and what would unblock it
  dht plan --replicas 5           what scaling would move, before the act
  dht scale 5 --wait              scale, and follow it to its end
  dht kv put greeting hello       store a value; dht kv get greeting reads it
  dht kv fill --count 10000 && dht kv verify --count 10000
  dht ring owner greeting         which members hold a key`),
  );

for (const command of [
  applyCommand,
  benchCommand,
  completionCommand,
  kvCommand,
  replCommand,
  stopCommand,
])
  program.addCommand(command(terminal));

await runProgram(program, cli);
