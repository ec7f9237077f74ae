// `npm run sim`: many seeds on all cores with one closing line, or one seed with its transcript.
import { parseArgs } from 'node:util';
import { availableParallelism } from 'node:os';
import { RULES, type Rule } from '../../core/replica/rules.ts';
import { runFleet } from './fleet.ts';
import { runExhaustion } from './exhaust-fleet.ts';
import { tuneOf } from './hunts.ts';
import { measureScale, scaleTable } from './scale.ts';
import { runSchedule } from './schedule.ts';
import { PROFILES, type ProfileName } from './setting.ts';

const USAGE = `usage: npm run sim -- [options]
  --seeds N          run N seeds (default 2000)
  --from S           starting at seed S (default 1)
  --minutes M        run for M minutes instead of a number of seeds
  --profile P        ${PROFILES.join('|')} (default all)
  --members N        every ring starts with N members
  --jobs J           worker threads (default: all cores)
  --without RULE     switch one rule off, in schedules that aim at it unless a profile is given: ${RULES.join(' ')}
  --hunt RULE        the schedules that aim at a rule, with every rule in force
  --seed S           run one seed and print its transcript
  --verbose          with --seed: every message
  --quiet            with --seed: only the verdict
  --exhaust          every crash, lost volume and cut at every step of 3 → 4 → 3
  --stride K         with --exhaust: only every Kth step
  --scale N          measure routing, state and movement up to N members
`;

const OPTIONS = {
  seeds: { type: 'string' },
  from: { type: 'string' },
  minutes: { type: 'string' },
  members: { type: 'string' },
  profile: { type: 'string' },
  seed: { type: 'string' },
  without: { type: 'string', multiple: true },
  jobs: { type: 'string' },
  scale: { type: 'string' },
  exhaust: { type: 'boolean' },
  stride: { type: 'string' },
  quiet: { type: 'boolean' },
  verbose: { type: 'boolean' },
  hunt: { type: 'string' },
  help: { type: 'boolean' },
} as const;

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function whole(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) fail(`--${name}: a number is wanted, not "${text}"`);
  return value;
}

function profileOf(text: string | undefined): ProfileName {
  const known = PROFILES.find((profile) => profile === (text ?? 'all'));
  return known ?? fail(`--profile: one of ${PROFILES.join(', ')}, not "${text}"`);
}

function rulesOf(texts: readonly string[]): Rule[] {
  return texts.flatMap((text) => {
    const named = RULES.filter((rule) => rule === text || rule.startsWith(`${text}-`));
    return named.length > 0 ? named : fail(`--without: one of ${RULES.join(', ')}, not "${text}"`);
  });
}

function printScale(most: number): number {
  const rows = [10, 100, 1_000, 10_000, 100_000]
    .filter((members) => members <= most)
    .map(measureScale);
  process.stdout.write(`${scaleTable(rows)}\n`);
  return 0;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS, strict: true });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const profile = profileOf(values.profile);
  const members = values.members === undefined ? null : whole('members', values.members, 3);
  const without = rulesOf(values.without ?? []);
  const aims = values.hunt === undefined ? without : rulesOf([values.hunt]);
  const hunted = values.profile === undefined && aims.length === 1 ? aims[0]! : null;
  if (values.scale !== undefined) return printScale(whole('scale', values.scale, 10_000));
  if (values.exhaust === true)
    return runExhaustion(
      whole('jobs', values.jobs, availableParallelism()),
      whole('stride', values.stride, 1),
    );
  if (values.seed !== undefined) {
    const seed = whole('seed', values.seed, 0);
    const print = (line: string): void => {
      process.stdout.write(`${line}\n`);
    };
    const trace = values.quiet === true ? null : print;
    const outcome = runSchedule({
      seed,
      profile,
      members,
      without: new Set(without),
      trace,
      verbose: values.verbose,
      tune: tuneOf(hunted),
    });
    for (const { invariant, message, atMs } of outcome.violations)
      print(`${invariant} at ${atMs} ms: ${message}`);
    print(
      `seed=${seed} steps=${outcome.steps} deliveries=${outcome.deliveries} changes=${outcome.changes} ` +
        `faults=${outcome.faults} calls=${outcome.calls} virtualMs=${outcome.tookMs} violations=${outcome.violations.length}`,
    );
    return outcome.violations.length > 0 ? 1 : 0;
  }
  return runFleet({
    profile,
    members,
    without,
    hunted,
    from: whole('from', values.from, 1),
    seeds: values.minutes === undefined ? whole('seeds', values.seeds, 2_000) : Infinity,
    minutes: values.minutes === undefined ? Infinity : whole('minutes', values.minutes, 1),
    jobs: whole('jobs', values.jobs, availableParallelism()),
  });
}

process.exitCode = await main();
