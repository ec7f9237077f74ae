// `npm run proof -- --minutes M --seed S`: the proof with real processes, for as long as told.
// `--judge FILE` judges a kept history again. Exit codes: 0 the proof holds, 1 it does not, 2
// usage.
import { parseArgs } from 'node:util';
import { judgeHistory } from '../sim/checkers/history.ts';
import { keepHistory, readHistory, REAL_RULES, writeHistory } from './history-file.ts';
import { prove } from './prove.ts';
import { describeViolation } from './verdict.ts';

const SHOWN_MAX = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    clients: { type: 'string', default: '20' },
    rate: { type: 'string', default: '300' },
    history: { type: 'string' },
    judge: { type: 'string' },
  },
});

let lastShownMs = -Infinity;
process.exitCode =
  values.judge === undefined
    ? await run()
    : report(judgeHistory(await readHistory(values.judge), REAL_RULES).map(describeViolation));

async function run(): Promise<number> {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort());
  const [minutes, seed, clients, rate] = [
    values.minutes,
    values.seed,
    values.clients,
    values.rate,
  ].map(positive);
  console.log(`proof with seed ${seed}, ${clients} clients, at least ${minutes} min`);
  const { verdict, journal } = await prove({
    seed: seed!,
    minutes: minutes!,
    clients: clients!,
    callsPerSecond: rate!,
    signal: ending.signal,
    progressed,
  });
  if (process.stdout.isTTY) process.stdout.write('\x1b[2K\r');
  console.log(verdict.summary);
  if (values.history !== undefined) await writeHistory(values.history, journal.calls);
  else if (verdict.violations.length > 0) console.log(await keepHistory(seed!, journal.calls));
  return report(verdict.violations);
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

function positive(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0) return number;
  console.error(
    `"${text}" is no number; usage: npm run proof -- [--minutes M] [--seed S] ` +
      '[--clients N] [--rate CALLS_PER_SECOND] [--history FILE] | --judge FILE',
  );
  return process.exit(2);
}
