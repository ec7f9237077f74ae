// `npm run sim`: many seeds on all cores with one closing line, or one seed with its transcript.
import { endingSignal } from '../command-line.ts';
import { runExhaustion } from './exhaust-fleet.ts';
import { runFleet } from './fleet.ts';
import { tuneOf } from './hunts.ts';
import { simOptions } from './options.ts';
import type { SimOptions } from './options.ts';
import { measureScale, scaleTable } from './scale.ts';
import { runSchedule } from './schedule.ts';

const options = simOptions();
process.exitCode = await run(options);

function run({ scale, exhaust, jobs, stride, seed }: SimOptions): number | Promise<number> {
  if (scale !== undefined) return printScale(scale);
  if (exhaust === true) return runExhaustion(jobs, stride);
  return seed === undefined ? runMany() : runOne(seed);
}

/** The rule that the schedules aim at; null: none in particular. */
function huntedRule() {
  const aims = options.hunt === undefined ? (options.without ?? []) : [options.hunt];
  return options.profile === undefined && aims.length === 1 ? aims[0]! : null;
}

function runOne(seed: number): number {
  const { profile = 'all', members = null, without = [], quiet, verbose } = options;
  const outcome = runSchedule({
    seed,
    profile,
    members,
    without: new Set(without),
    trace: quiet === true ? null : print,
    verbose,
    tune: tuneOf(huntedRule()),
  });
  for (const { invariant, message, atMs } of outcome.violations)
    print(`${invariant} at ${atMs} ms: ${message}`);
  print(
    `seed=${seed} steps=${outcome.steps} deliveries=${outcome.deliveries} changes=${outcome.changes} ` +
      `faults=${outcome.faults} calls=${outcome.calls} virtualMs=${outcome.tookMs} violations=${outcome.violations.length}`,
  );
  return outcome.violations.length > 0 ? 1 : 0;
}

/** A signal ends it with what it has found so far. */
function runMany(): Promise<number> {
  const { profile = 'all', members = null, without = [], from, seeds, minutes, jobs } = options;
  const signal = endingSignal();
  if (minutes !== undefined)
    process.stderr.write(`runs for ${minutes} min; Ctrl-C ends it sooner, with its totals\n`);
  return runFleet({
    profile,
    members,
    without,
    hunted: huntedRule(),
    from,
    seeds: minutes === undefined ? seeds : Infinity,
    minutes: minutes ?? Infinity,
    jobs,
    signal,
  });
}

function printScale(most: number): number {
  const rows = [10, 100, 1_000, 10_000, 100_000]
    .filter((members) => members <= most)
    .map(measureScale);
  print(scaleTable(rows));
  return 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
