// The operator of plain processes: parses flags, opens the platform, runs the loop until a signal ends it.
import { Command, InvalidArgumentError } from 'commander';
import { RingError } from '../../core/errors.ts';
import { CONSOLE_PORT, SIGNAL_ECHO_MS } from '../../core/limits.ts';
import type { ConsoleAddress, ConsoleOpener, OpenConsole } from '../console-place.ts';
import { LockLost } from './lock.ts';
import { openLocal } from './open.ts';
import type { LocalCluster, LocalOptions } from './open.ts';
import { newMonitor } from './monitor.ts';
import type { Monitor } from './monitor.ts';
import { openPicture } from './picture.ts';
import type { Picture } from './picture.ts';
import { secretIn, STATE_FOLDER } from './state-folder.ts';
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
  readonly metricsPort?: number;
  readonly consolePort?: number;
  readonly host?: string;
  /** False: `--no-console`. */
  readonly console: boolean;
}

/** What the operator is to do besides running the ring. */
interface Aside {
  readonly openConsole: ConsoleOpener;
  /** null: no console is wished for. */
  readonly console: ConsoleAddress | null;
}

/** Runs until a signal ends it; the exit code. */
export async function runLocally(
  args: readonly string[],
  openConsole: ConsoleOpener,
): Promise<number> {
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
    .option(
      '--host <address>',
      'where the client port and the metrics port listen (default: this machine alone)',
    )
    .option(
      '--metrics-port <port>',
      'serves /metrics and /targets, where Prometheus finds the nodes (default: not served)',
      parsePort,
    )
    .option(
      '--console-port <port>',
      `port of the web console (default: ${CONSOLE_PORT}, or a free one)`,
      parsePort,
    )
    .option('--no-console', 'without the web console')
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
  const { consolePort } = flags;
  const local = {
    manifest: program.args[0] ?? flags.file,
    state: flags.state,
    port: flags.port ?? null,
    portBase: flags.portBase ?? null,
    ...(flags.host === undefined ? {} : { host: flags.host }),
  };
  const at = { port: consolePort ?? CONSOLE_PORT, orAny: consolePort === undefined };
  const aside = { openConsole, console: flags.console ? at : null };
  return await run(local, aside, flags.metricsPort ?? null);
}

async function run(
  options: LocalOptions,
  aside: Aside,
  metricsPort: number | null,
): Promise<number> {
  const picture = openPicture(process.stdout, Date.now);
  const monitor = newMonitor();
  // Whoever closed the pipe we print to does not want the ring to fall.
  process.stdout.on('error', () => {
    picture.end();
  });
  let cluster: LocalCluster;
  try {
    cluster = await openLocal(options, {
      ...picture,
      status: (status, plan, observed) => {
        picture.status(status, plan, observed);
        monitor.saw(status, plan, observed);
      },
    });
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n`);
    const refused =
      error instanceof RingError && ['STORE_LOCKED', 'MANIFEST_INVALID'].includes(error.code);
    return refused ? EXIT.refused : EXIT.failed;
  }
  try {
    const served = metricsPort === null ? null : await monitor.open(metricsPort, options.host);
    const view = await consoleOf(cluster, picture, aside);
    const code = await operate(cluster, picture, monitor);
    await view?.close();
    await served?.close();
    return code;
  } catch (error) {
    // The port is in use: nothing was started yet, and what runs goes on.
    await cluster.leave();
    process.stderr.write(`${reasonOf(error)}\n`);
    return EXIT.refused;
  } finally {
    picture.end();
  }
}

/** The ring runs without it as well: that it cannot be had is told, and no more. */
async function consoleOf(
  cluster: LocalCluster,
  picture: Picture,
  { openConsole, console: at }: Aside,
): Promise<OpenConsole | null> {
  if (at === null) return null;
  try {
    const opened = await openConsole(cluster.place, at);
    const url = `http://localhost:${opened.port}/`;
    picture.console(`${url}#token=${await secretIn(cluster.folder.consoleToken)}`);
    await cluster.announceConsole(url);
    return opened;
  } catch (error) {
    picture.line(`! there is no console: ${reasonOf(error)}`);
    return null;
  }
}

async function operate(cluster: LocalCluster, picture: Picture, monitor: Monitor): Promise<number> {
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
    passed: (ms, result) => {
      monitor.passed(ms, result);
    },
  });
  if (lost) {
    await cluster.leave();
    return signals.ended(EXIT.refused);
  }
  await cluster.stop();
  signals.ended(EXIT.stopped);
  picture.line('stopped; the next start goes on with what is on disk');
  return EXIT.stopped;
}

interface SignalHandlers {
  readonly first: () => void;
  readonly second: () => Promise<void>;
}

/**
 * A terminal's Ctrl-C reaches this process, and npm passes it on: the echo is no second wish. Once all that
 * counts has `ended`, a late one only hurries the rest, and changes nothing of the exit code.
 */
function watchSignals({ first, second }: SignalHandlers): { ended(code: number): number } {
  let firstMs: number | null = null;
  let endedWith: number | null = null;
  const heard = (): void => {
    if (endedWith !== null) process.exit(endedWith);
    if (firstMs === null) {
      firstMs = performance.now();
      first();
    } else if (performance.now() - firstMs > SIGNAL_ECHO_MS) void second();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, heard);
  return { ended: (code) => (endedWith = code) };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InvalidArgumentError('give a number from 0 to 65535; 0 takes a free port');
  }
  return port;
}
