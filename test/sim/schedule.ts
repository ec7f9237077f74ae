// One schedule from its seed to its verdict: bootstrap, trouble, rest, last reads, judgement.
import type { Rule } from '../../core/replica/rules.ts';
import { seededRng } from '../../core/rng.ts';
import { slotOf } from '../../core/ring/hash.ts';
import { chance, mixSeeds, pick } from './chance.ts';
import { judgeHistory, nameOf } from './checkers/history.ts';
import { unrest } from './checkers/rest.ts';
import type { Violation } from './checkers/violation.ts';
import { Faults } from './faults.ts';
import { Absences } from './absences.ts';
import { drawSilence } from './silence.ts';
import { drawSetting, type ProfileName, type Setting } from './setting.ts';
import { Wishes } from './wishes.ts';
import { World } from './world.ts';

export interface ScheduleOptions {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly members: number | null;
  readonly without: ReadonlySet<Rule>;
  readonly trace: ((line: string) => void) | null;
  /** Traces every message, too. */
  readonly verbose?: boolean;
  /** Replaces parts of what the seed draws. */
  readonly tune?: Partial<Setting>;
}

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly steps: number;
  readonly deliveries: number;
  readonly changes: number;
  readonly faults: number;
  readonly calls: number;
  /** Virtual ms. */
  readonly tookMs: number;
}

/** I8's bound: virtual ms after the last fault within which everything is at rest. */
const REST_MS_MAX = 120_000;
/** One schedule in so many has 4096 slots, as real rings have; the others few, so that there are more of them. */
const WIDE_EVERY = 2_500;
const BOOTSTRAP_MS_MAX = 20_000;
const LOOK_MS = 250;

/** Runs one schedule; a thrown error of the replica or planner is a violation like any other. */
export function runSchedule(options: ScheduleOptions): Outcome {
  const rng = seededRng(mixSeeds(options.seed, 0));
  const { seed, without, profile } = options;
  const drawn = drawSetting(rng, profile, options.members, seed % WIDE_EVERY === 0);
  const silence = drawSilence(seed, drawn);
  const setting = { ...drawn, ...(silence === null ? {} : { silence }), ...options.tune };
  const world = new World({
    seed,
    setting,
    without,
    trace: options.trace,
    verbose: options.verbose,
  });
  world.trace?.(`seed ${seed} ${JSON.stringify(setting)}`);
  try {
    new Schedule(world, seed).run();
  } catch (error) {
    world.accuse('crash', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return outcomeOf(world, seed);
}

function outcomeOf(world: World, seed: number): Outcome {
  return {
    seed,
    violations: world.violations,
    steps: world.counters.steps,
    deliveries: world.network.delivered,
    changes: world.documents.changes,
    faults: world.faults,
    calls: world.clients.calls,
    tookMs: world.queue.nowMs,
  };
}

/** Conditions that do not hold; nodes that are not members yet, or no more, or being rolled. */
const LAWFUL_FAILURES: ReadonlySet<string> = new Set([
  'ok',
  'ALREADY_EXISTS',
  'PRECONDITION_FAILED',
  'NOT_SERVING',
  'DRAINING',
  'no answer',
]);

/**
 * What a write may wait for in a row without a fault: the disk is busy when it comes and then takes its time, and
 * both once more where another write of the key came between or the epoch changed.
 */
const DISK_WAITS_MAX = 4;

class Schedule {
  private readonly world: World;
  private readonly seed: number;
  /** Since when everything is at rest. */
  private restMs = 0;
  private readonly absences: Absences;

  constructor(world: World, seed: number) {
    this.world = world;
    this.seed = seed;
    this.absences = new Absences(world, seededRng(mixSeeds(seed, 10)));
  }

  run(): void {
    const { world, seed } = this;
    const { setting } = world;
    const rng = seededRng(mixSeeds(seed, 6));
    world.startOperator('operator-0');
    if (chance(rng, 0.9)) this.runUntilCalm('bootstrap', BOOTSTRAP_MS_MAX);
    world.network.weather = { ...setting.weather };
    world.habits = { deaths: setting.operatorDeaths, staleReads: setting.staleReads };
    const untilMs = world.queue.nowMs + setting.troubleMs;
    const faults = new Faults(world, seededRng(mixSeeds(seed, 7)), untilMs);
    world.onPhase = () => {
      faults.phaseStored();
    };
    world.clients.begin();
    faults.begin();
    this.absences.begin();
    new Wishes(world, seededRng(mixSeeds(seed, 8))).begin(untilMs);
    world.run(untilMs);
    faults.end();
    world.trace?.('the trouble is over');
    world.run(world.queue.nowMs + 500);
    world.clients.isOpen = false;
    this.runWithoutTheSilent();
    this.runUntilCalm('I8', REST_MS_MAX);
    this.restMs = world.queue.nowMs;
    this.lookAtEverything();
    this.judge();
  }

  /**
   * I8 without those who are still away: their seats are given away, every copy lives again, and reads go
   * well; or, where too few are left to do so safely, the operator says for whom it waits. Then the late
   * ones come.
   */
  private runWithoutTheSilent(): void {
    const { world, absences } = this;
    absences.settle();
    if (absences.ids.size === 0) return;
    const why = this.unrestWithin(REST_MS_MAX / 2);
    if (world.violations.length > 0) return;
    const isOwed = absences.unstarted() < 2 && (absences.haveGivenWay() || absences.mustGiveWay());
    if (why === null) this.lookAtEverything();
    else if (isOwed || !this.isWaitedFor())
      world.accuse('I8', `${this.unrested(why)}, while ${[...absences.ids].join(', ')} is silent`);
    absences.summon(why !== null);
  }

  /** The operator names somebody who is away in what it waits for. */
  private isWaitedFor(): boolean {
    const waits = this.world.operators[0]?.lastPlan?.waits ?? [];
    return waits.some(({ nodes }) => nodes.some((id) => this.absences.ids.has(id)));
  }

  /** Time passes until nothing is left to do; the bound broken is the violation of that name. */
  private runUntilCalm(name: string, boundMs: number): void {
    const why = this.unrestWithin(boundMs);
    if (why === null || this.world.violations.length > 0) return;
    this.world.accuse(name, `not at rest after ${boundMs} ms: ${this.unrested(why)}`);
  }

  /** Time passes until all is at rest (null), or what is not after so long. */
  private unrestWithin(boundMs: number): string | null {
    const { world } = this;
    const deadline = world.queue.nowMs + boundMs;
    let why: string | null = 'nothing was looked at';
    while (world.violations.length === 0 && world.queue.nowMs < deadline) {
      world.run(world.queue.nowMs + LOOK_MS);
      why = unrest(
        world.store.document,
        world.desired,
        world.site.all(),
        world.operators[0]?.lastPlan ?? null,
        this.absences.ids,
      );
      if (why === null) return null;
    }
    return why;
  }

  private unrested(why: string): string {
    const waits =
      this.world.operators[0]?.lastPlan?.waits.map((wait) => `${wait.reason}: ${wait.message}`) ??
      [];
    return `${why}; the operator waits: ${waits.join('; ') || 'for nothing'}`;
  }

  /** Every key is read through two nodes and listed; at rest each of these calls must succeed. */
  private lookAtEverything(): void {
    const { world } = this;
    if (world.violations.length > 0) return;
    // Reading is what finds corrupt records; those who hold one refuse until it is healed.
    const isDamaged = world.site.all().some((machine) => machine.volume.applied.corrupt.size > 0);
    if (isDamaged) this.readAll();
    const { asked, succeeded } = this.readAll();
    // Where more was destroyed than quorums survive, the only copy of a record may be a damaged one.
    if (succeeded < asked && !(isDamaged && world.setting.disaster)) {
      const failures = JSON.stringify([...world.clients.failures]);
      world.accuse('I8', `at rest ${asked - succeeded} of ${asked} reads failed: ${failures}`);
    }
  }

  private readAll(): { asked: number; succeeded: number } {
    const { world } = this;
    const { clients, rng, setting, site } = world;
    const before = clients.failures.get('ok') ?? 0;
    let asked = 0;
    // While somebody is away others may be left over, that are of no ring any more.
    const members = world.store.document?.members.filter(({ state }) => state === 'serving') ?? [];
    const serving = new Set(members.map(({ incarnation }) => incarnation));
    const nodes = site
      .running()
      .filter(({ id, incarnation }) => !this.absences.ids.has(id) && serving.has(incarnation!));
    for (const key of clients.keys) {
      for (let i = 0; i < 2; i++) clients.read(-1 - i, key, pick(rng, nodes), () => undefined);
      clients.list(-3, slotOf(key, setting.slotBits), pick(rng, nodes), () => undefined);
      asked += 3;
    }
    const deadline = world.queue.nowMs + setting.limits.operationMs + 500;
    while (clients.underWay > 0 && world.queue.nowMs < deadline) world.run(world.queue.nowMs + 10);
    return { asked, succeeded: (clients.failures.get('ok') ?? 0) - before };
  }

  /** Without faults ring changes go unnoticed: nobody is told that a quorum is missing. */
  private judgeAvailability(): void {
    const { clients, setting, desired, everToleratesOne } = this.world;
    if (setting.faults > 0 || setting.silence !== undefined) return;
    const { limits, disk } = setting;
    const isShort = limits.operationMs < DISK_WAITS_MAX * disk.syncMs[1];
    for (const [code, times] of clients.failures) {
      if (LAWFUL_FAILURES.has(code)) continue;
      if (isShort && code === 'QUORUM_UNAVAILABLE') continue;
      // A rolling restart takes one member at a time; a hand-over may be under way to it.
      const isRolled = desired.revision !== 'one';
      if (isRolled && (code === 'TIMEOUT' || (code === 'QUORUM_UNAVAILABLE' && !everToleratesOne)))
        continue;
      this.world.accuse(
        'availability',
        `${code} was answered ${times} times though nothing was wrong`,
      );
    }
  }

  private judge(): void {
    const { world } = this;
    this.judgeAvailability();
    if (world.violations.length > 0 || world.setting.disaster) return;
    const { setting } = world;
    const restMs = setting.mode === 'sloppy' ? this.restMs : 0;
    const found = judgeHistory(world.clients.history, {
      attemptMs: setting.limits.operationMs * 2 + 3_000,
      skewMs: 1_500,
      replacesAll: setting.mode === 'strict' && world.everReplacesAll,
      lastWriterWins: setting.conflicts === 'lastWriterWins',
      judgedFromMs: restMs,
    });
    for (const { invariant, message, call } of found)
      world.accuse(invariant, `${message} (${nameOf(call)})`);
  }
}
