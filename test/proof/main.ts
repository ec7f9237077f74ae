// `npm run proof -- --minutes M --seed S`: the proof with real processes, for as long as told.
// `--judge FILE` judges a kept history again. Exit codes: 0 the proof holds, 1 it does not, 2
// usage.
import {
  endingSignal,
  npmCommand,
  numberFromZero,
  positiveNumber,
  positiveWhole,
  wholeNumber,
} from '../command-line.ts';
import { judgeHistory } from '../sim/checkers/history.ts';
import { keepHistory, readHistory, REAL_RULES, writeHistory } from './history-file.ts';
import { prove } from './prove.ts';
import { describeViolation } from './verdict.ts';

const SHOWN_MAX = 20;

interface ProofWords {
  readonly minutes: number;
  readonly seed: number;
  readonly clients: number;
  readonly rate: number;
  readonly history?: string;
  readonly judge?: string;
}

const options = npmCommand(
  'proof',
  'Runs a ring of real processes under blows and clients; judges it.',
)
  .option('--minutes <m>', 'rounds of 3 → 5 → 3 go on for so long', numberFromZero, 1)
  .option('--seed <seed>', 'which blows, and what the clients do', wholeNumber, Date.now() % 1e6)
  .option('--clients <n>', 'how many call', positiveWhole, 20)
  .option('--rate <calls>', 'calls a second of all of them together, at most', positiveNumber, 300)
  .option('--history <file>', 'keep what the clients saw')
  .option('--judge <file>', 'judge a kept history again')
  .addHelpText('after', '\nExit codes: 0 the proof holds, 1 it does not, 2 usage.')
  .parse()
  .opts<ProofWords>();

let lastShownMs = -Infinity;
process.exitCode = options.judge === undefined ? await run() : await judgeAgain(options.judge);

async function run(): Promise<number> {
  const { minutes, seed, clients, rate, history } = options;
  console.log(`proof with seed ${seed}, ${clients} clients, at least ${minutes} min`);
  const { verdict, journal } = await prove({
    seed,
    minutes,
    clients,
    callsPerSecond: rate,
    signal: endingSignal(),
    progressed,
  });
  if (process.stdout.isTTY) process.stdout.write('\x1b[2K\r');
  console.log(verdict.summary);
  if (history !== undefined) await writeHistory(history, journal.calls);
  else if (verdict.violations.length > 0) console.log(await keepHistory(seed, journal.calls));
  return report(verdict.violations);
}

async function judgeAgain(path: string): Promise<number> {
  try {
    return report(judgeHistory(await readHistory(path), REAL_RULES).map(describeViolation));
  } catch (error) {
    console.error(`no history can be read from ${path}: ${(error as Error).message}`);
    return 2;
  }
}

/** On a terminal one line that changes, else a line now and then. */
function progressed(line: string): void {
  if (process.stdout.isTTY) {
    process.stdout.write(`\x1b[2K\r${line.slice(0, process.stdout.columns - 1)}`);
  } else if (performance.now() - lastShownMs > 10_000) {
    lastShownMs = performance.now();
    console.log(line);
  }
}

function report(violations: readonly string[]): number {
  for (const violation of violations.slice(0, SHOWN_MAX)) console.log(`VIOLATION ${violation}`);
  if (violations.length > SHOWN_MAX) console.log(`… and ${violations.length - SHOWN_MAX} more`);
  console.log(violations.length === 0 ? 'the proof holds' : `${violations.length} violations`);
  return violations.length === 0 ? 0 : 1;
}
