// The operator of plain processes: parses flags, opens the platform, runs the loop until a signal ends it.
import { Command, InvalidArgumentError } from 'commander';
import { RingError } from '../../core/errors.ts';
import { SIGNAL_ECHO_MS } from '../../core/limits.ts';
import { LockLost } from './lock.ts';
import { openLocal } from './open.ts';
import type { LocalCluster, LocalOptions } from './open.ts';
import { openPicture } from './picture.ts';
import type { Picture } from './picture.ts';
import { STATE_FOLDER } from './state-folder.ts';
import { reconcile } from '../loop.ts';
import { plan } from '../planner/plan.ts';
import { VERSION } from '../version.ts';
import { formatDuration, reasonOf } from '../words.ts';

const EXIT = { stopped: 0, failed: 1, usage: 2, refused: 4, atOnce: 130 } as const;

interface Flags {
  readonly file: string;
  readonly state: string;
  readonly port?: number;
  readonly portBase?: number;
}

/** Runs until a signal ends it; the exit code. */
export async function runLocally(args: readonly string[]): Promise<number> {
  const program = new Command('ringkeeper')
    .version(VERSION)
    .description(
      'Runs the ring that a DhtCluster manifest describes, as processes on this machine.',
    )
    .argument('[manifest]', 'the same as --file')
    .option('-f, --file <path>', 'the DhtCluster manifest', 'examples/dev.yaml')
    .option('--state <folder>', 'where data, logs and the ring document are kept', STATE_FOLDER)
    .option(
      '--port <port>',
      'client port of the whole ring (default: spec.local.clientPort)',
      parsePort,
    )
    .option('--port-base <port>', 'first port of the nodes', parsePort)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT.usage))
    .addHelpText(
      'after',
      `
Ctrl-C stops all nodes in order, a second one at once. The data stays; the next start goes on with it.
Exit codes: 0 stopped in order, 1 failed, 2 usage, 4 refused (another operator, a port in use, a
manifest that is not valid), 130 stopped at once.`,
    )
    .parse([...args], { from: 'user' });
  const flags = program.opts<Flags>();
  return await run({
    manifest: program.args[0] ?? flags.file,
    state: flags.state,
    port: flags.port ?? null,
    portBase: flags.portBase ?? null,
  });
}

async function run(options: LocalOptions): Promise<number> {
  const picture = openPicture(process.stdout, Date.now);
  // Whoever closed the pipe we print to does not want the ring to fall.
  process.stdout.on('error', () => {
    picture.end();
  });
  let cluster: LocalCluster;
  try {
    cluster = await openLocal(options, picture);
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n`);
    const refused =
      error instanceof RingError && ['STORE_LOCKED', 'MANIFEST_INVALID'].includes(error.code);
    return refused ? EXIT.refused : EXIT.failed;
  }
  const code = await operate(cluster, picture);
  picture.end();
  return code;
}

async function operate(cluster: LocalCluster, picture: Picture): Promise<number> {
  const ending = new AbortController();
  let lost = false;
  const signals = watchSignals({
    first: () => {
      picture.line('stopping all nodes in order; once more stops them at once');
      ending.abort();
    },
    second: async () => {
      picture.end();
      await cluster.kill();
      process.exit(EXIT.atOnce);
    },
  });
  await reconcile(cluster.platform, plan, ending.signal, {
    failed: (error, retryMs) => {
      picture.line(`! ${reasonOf(error)}; tried again in ${formatDuration(retryMs)}`);
      if (!(error instanceof LockLost)) return;
      lost = true;
      ending.abort();
    },
  });
  if (lost) {
    await cluster.leave();
    signals.close();
    return EXIT.refused;
  }
  await cluster.stop();
  signals.close();
  picture.line('stopped; the next start goes on with what is on disk');
  return EXIT.stopped;
}

interface SignalHandlers {
  readonly first: () => void;
  readonly second: () => Promise<void>;
}

/** A terminal's Ctrl-C reaches this process, and npm passes it on: the echo is no second wish. */
function watchSignals({ first, second }: SignalHandlers): { close(): void } {
  let firstMs: number | null = null;
  const heard = (): void => {
    if (firstMs === null) {
      firstMs = performance.now();
      first();
    } else if (performance.now() - firstMs > SIGNAL_ECHO_MS) void second();
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, heard);
  return {
    close: () => {
      for (const name of names) process.off(name, heard);
    },
  };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InvalidArgumentError('give a number from 0 to 65535; 0 takes a free port');
  }
  return port;
}
