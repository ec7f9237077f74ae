// Many schedules on all cores: hands ranges of seeds to worker threads, adds up what they found, and
// ends with the one line that scripts read.
import { Worker } from 'node:worker_threads';
import type { Rule } from '../../core/replica/rules.ts';
import type { Outcome } from './schedule.ts';
import type { ProfileName } from './setting.ts';

export interface FleetOptions {
  readonly profile: ProfileName;
  readonly members: number | null;
  readonly without: readonly Rule[];
  /** The rule that the schedules aim at; null: none in particular. */
  readonly hunted: Rule | null;
  readonly from: number;
  readonly seeds: number;
  readonly minutes: number;
  readonly jobs: number;
  /** Nothing is begun any more; what was found so far is told. */
  readonly signal: AbortSignal;
}

/** What the workers are told once, and then range by range. */
export type WorkerSetup = Pick<FleetOptions, 'profile' | 'members' | 'without' | 'hunted'>;
export interface Range {
  readonly from: number;
  readonly count: number;
}

interface Totals {
  schedules: number;
  steps: number;
  deliveries: number;
  changes: number;
  faults: number;
  calls: number;
  readonly failed: Outcome[];
}

const RANGE = 20;

/** Runs the seeds; resolves to the exit code: 1 after a violation. */
export async function runFleet(options: FleetOptions): Promise<number> {
  const began = performance.now();
  const totals: Totals = {
    schedules: 0,
    steps: 0,
    deliveries: 0,
    changes: 0,
    faults: 0,
    calls: 0,
    failed: [],
  };
  const endMs = began + options.minutes * 60_000;
  let next = options.from;
  const last = options.from + options.seeds;
  const nextRange = (): Range | null => {
    if (next >= last || performance.now() > endMs || options.signal.aborted) return null;
    const range = { from: next, count: Math.min(RANGE, last - next) };
    next += range.count;
    return range;
  };
  const progress = new Progress(options, began, endMs);
  const noted = (outcomes: readonly Outcome[]): void => {
    for (const outcome of outcomes) add(totals, outcome);
    progress.show(totals);
  };
  await Promise.all(
    Array.from({ length: Math.max(1, options.jobs) }, () => runWorker(options, nextRange, noted)),
  );
  progress.clear();
  report(options, totals, performance.now() - began);
  return totals.failed.length > 0 ? 1 : 0;
}

function runWorker(
  setup: WorkerSetup,
  nextRange: () => Range | null,
  noted: (outcomes: Outcome[]) => void,
): Promise<void> {
  const { profile, members, without, hunted } = setup;
  const worker = new Worker(new URL('./fleet-worker.ts', import.meta.url), {
    workerData: { profile, members, without, hunted },
  });
  return new Promise((resolve, reject) => {
    const feed = (): void => {
      const range = nextRange();
      if (range !== null) worker.postMessage(range);
      else void worker.terminate().then(() => resolve());
    };
    worker.on('error', reject);
    worker.on('message', (outcomes: Outcome[]) => {
      noted(outcomes);
      feed();
    });
    feed();
  });
}

function add(totals: Totals, outcome: Outcome): void {
  totals.schedules++;
  totals.steps += outcome.steps;
  totals.deliveries += outcome.deliveries;
  totals.changes += outcome.changes;
  totals.faults += outcome.faults;
  totals.calls += outcome.calls;
  if (outcome.violations.length > 0) totals.failed.push(outcome);
}

const FAILURES_SHOWN = 20;

function report(options: FleetOptions, totals: Totals, tookMs: number): void {
  const { schedules } = totals;
  const failed = [...totals.failed].sort((a, b) => a.seed - b.seed);
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  for (const { seed, violations } of failed.slice(0, FAILURES_SHOWN)) {
    const { invariant, message, atMs } = violations[0]!;
    print(`seed ${seed}: ${invariant} at ${atMs} ms: ${message}`);
    print(`  replay: ${replayOf(options, seed)}`);
  }
  const mean = (total: number): string => (total / Math.max(1, schedules)).toFixed(1);
  print(
    `means per schedule: deliveries=${mean(totals.deliveries)} ringChanges=${mean(totals.changes)} ` +
      `faults=${mean(totals.faults)} clientCalls=${mean(totals.calls)}`,
  );
  const rate = (schedules / (tookMs / 1000)).toFixed(0);
  print(`schedules=${schedules} steps=${totals.steps} violations=${failed.length} rate=${rate}/s`);
}

/** The command that shows this seed's transcript. */
export function replayOf(options: WorkerSetup, seed: number): string {
  const rules = options.without.map((rule) => ` --without ${rule}`).join('');
  const members = options.members === null ? '' : ` --members ${options.members}`;
  const { hunted, profile } = options;
  const aim =
    hunted === null
      ? ` --profile ${profile}`
      : options.without.length === 0
        ? ` --hunt ${hunted}`
        : '';
  return `npm run sim --${aim}${members}${rules} --seed ${seed}`;
}

/** One line that is drawn over itself; silent where nobody looks. */
class Progress {
  private readonly options: FleetOptions;
  private readonly beganMs: number;
  private readonly endMs: number;
  private shownMs = 0;

  constructor(options: FleetOptions, beganMs: number, endMs: number) {
    this.options = options;
    this.beganMs = beganMs;
    this.endMs = endMs;
  }

  show(totals: Totals): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.shownMs < 200) return;
    this.shownMs = now;
    const { seeds } = this.options;
    const share = Number.isFinite(seeds)
      ? totals.schedules / seeds
      : (now - this.beganMs) / (this.endMs - this.beganMs);
    const full = Math.min(30, Math.floor(share * 30));
    const bar = '█'.repeat(full) + '░'.repeat(30 - full);
    const rate = (totals.schedules / ((now - this.beganMs) / 1000)).toFixed(0);
    process.stderr.write(
      `\r\u001b[K${bar} ${totals.schedules} schedules, ${totals.failed.length} violations, ${rate}/s`,
    );
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
}
