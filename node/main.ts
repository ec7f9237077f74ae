// One node as a process: settings, signals, exit codes. Ends in order on the first signal and at
// once on the second.
import { collectStart } from './small-heap.ts';
import { ConfigError, parseConfig } from './config.ts';
import type { NodeConfig } from './config.ts';
import { openLog } from './log.ts';
import { startNode, StartFailed } from './running-node.ts';
import type { Failure } from './running-node.ts';
import { helpText } from './settings.ts';

/** What settings.ts tells people of the exit codes. */
const EXIT: Readonly<Record<'settings' | 'second-signal' | Failure, number>> = {
  settings: 2,
  store: 3,
  port: 4,
  halt: 5,
  bug: 70,
  'second-signal': 130,
};

function readSettings(): NodeConfig {
  if (process.argv.includes('--help')) {
    process.stdout.write(helpText());
    process.exit(0);
  }
  try {
    return parseConfig({
      args: process.argv.slice(2),
      environment: process.env,
      isTerminal: process.stdout.isTTY,
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\nTry --help.\n`);
    return process.exit(EXIT.settings);
  }
}

const config = readSettings();
const log = await openLog(config);

function end(failure: Failure, error: unknown): never {
  log.fatal({ err: error, exitCode: EXIT[failure] }, `ended: ${failure}`);
  return process.exit(EXIT[failure]);
}

process.on('uncaughtException', (error) => end('bug', error));
process.on('unhandledRejection', (reason) => end('bug', reason));

let asked = false;
let stop: (() => Promise<void>) | null = null;

function onSignal(signal: NodeJS.Signals): void {
  if (asked) {
    log.warn({ signal }, 'second signal: stopping at once');
    process.exit(EXIT['second-signal']);
  }
  asked = true;
  // Asked before it was up: it stops once it is.
  if (stop !== null)
    void stop().then(
      () => process.exit(0),
      (error: unknown) => end('store', error),
    );
}

process.on('SIGTERM', onSignal);
process.on('SIGINT', onSignal);

try {
  const node = await startNode(config, log, { failed: end });
  stop = () => node.stop();
  collectStart();
  if (asked)
    void stop().then(
      () => process.exit(0),
      (error: unknown) => end('store', error),
    );
} catch (error) {
  if (!(error instanceof StartFailed)) throw error;
  end(error.failure, error.cause);
}
