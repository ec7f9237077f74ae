// The CI script ends with its verdict whatever becomes of its stages. It runs here in a folder of its
// own, with an npm that does what each test asks for.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isAlive, nameProcess } from '../operator/local/process-identity.ts';
import { ended } from './live/ended.ts';
import { readOr } from './live/files.ts';
import { until } from './live/until.ts';

/** Shell lines for each stage; `$out` is where the results of tests belong. */
interface Stages {
  readonly install?: string;
  readonly check?: string;
  readonly schedules?: string;
  readonly tests?: string;
  /** Run where there is a cluster. */
  readonly scenarios?: string;
}

/** Shell lines for tools that make a cluster; left out: there are none. */
interface Tools {
  readonly build?: string;
  readonly up?: string;
}

interface Told {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly err: string;
}

type Outcome = 'passed' | 'failed' | 'pending';

/** Leaves results of one file of tests behind. */
const resultsOf = (
  counts: Readonly<Partial<Record<Outcome, number>>> = { passed: 7 },
  name = 'a.test.ts',
): string => {
  const assertionResults = Object.entries(counts).flatMap(([status, count]) =>
    Array.from({ length: count }, () => ({ status })),
  );
  const status = (counts.failed ?? 0) > 0 ? 'failed' : 'passed';
  return leave([{ name, status, assertionResults }]);
};

const leave = (testResults: readonly object[]): string =>
  `echo '${JSON.stringify({ testResults })}' > "$out"`;

/** Goes on talking, apart from whoever started it, until it is killed. */
const DETACHED = `setsid bash -c 'while :; do echo noise; echo noise >&2; sleep 0.01; done' &
echo $! > left-behind`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringkeeper-ci-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function begin(
  stages: Stages,
  ceilings: Readonly<Record<string, string>> = {},
  tools: Tools | null = null,
) {
  for (const name of ['.ci', 'bin', 'tools']) mkdirSync(join(folder, name));
  if (tools !== null) makeTools(tools);
  const script = join(folder, '.ci', 'run');
  copyFileSync('.ci/run', script);
  copyFileSync('.ci/verdict.mjs', join(folder, '.ci', 'verdict.mjs'));
  const npm = join(folder, 'bin', 'npm');
  const { install = ':', check = ':', schedules = ':', tests = resultsOf() } = stages;
  const { scenarios = resultsOf() } = stages;
  writeFileSync(
    npm,
    `#!/usr/bin/env bash
for word in "$@"; do case $word in --outputFile=*) out=\${word#*=} ;; esac; done
case "$*" in
  *preinstalled) ${install} ;;
  *check) ${check} ;;
  *sim*) ${schedules} ;;
  test*) ${tests} ;;
  *e2e*) ${scenarios} ;;
esac
`,
  );
  chmodSync(npm, 0o755);
  const path = [join(folder, 'bin'), dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = { ...process.env, ...ceilings, PATH: path, KUBE_TOOLS: join(folder, 'tools') };
  return spawn(script, { env });
}

function makeTools({ build = ':', up = ':' }: Tools): void {
  const down = 'echo down >> told';
  for (const [name, line] of Object.entries({ build, up, down, '../bin/kubectl': 'echo test' })) {
    const tool = join(folder, 'tools', name);
    writeFileSync(tool, `#!/usr/bin/env bash\n${line}\n`);
    chmodSync(tool, 0o755);
  }
}

async function told(child: ReturnType<typeof begin>): Promise<Told> {
  const { code, out, err } = await ended(child);
  return { code, lines: out.trimEnd().split('\n'), err };
}

const run = (
  stages: Stages,
  ceilings?: Readonly<Record<string, string>>,
  tools?: Tools,
): Promise<Told> => told(begin(stages, ceilings, tools));

const leftBehind = () => nameProcess(Number(readOr(join(folder, 'left-behind'), '0')));
/** Written for what CI runs on. */
function onLinux(title: string, tests: () => void): void {
  if (process.platform === 'linux') describe(title, tests);
  else describe.skip(`${title} (needs Linux: timeout and /proc)`, tests);
}

onLinux('the last line of CI', () => {
  test('counts what the tests counted where all stages pass', async () => {
    const { code, lines, err } = await run({ tests: resultsOf({ passed: 7, pending: 2 }) });
    expect([code, lines.at(-1), err]).toEqual([0, '7 passed, 0 failed, 2 skipped', '']);
  });

  test('counts a failed installation, after which nothing is begun', async () => {
    const { code, lines } = await run({ install: 'echo no network >&2; exit 1', check: 'echo no' });
    expect([code, lines.at(-1)]).toEqual([1, '0 passed, 1 failed']);
    expect(lines).not.toContain('no');
  });

  test('counts a failed check and a violated schedule beside the tests', async () => {
    const { code, lines } = await run({ check: 'exit 2', schedules: 'exit 1' });
    expect([code, lines.at(-1)]).toEqual([1, '7 passed, 2 failed']);
    expect(lines).toContain('check: failed with exit code 2: counted as one failure');
  });

  test('counts tests that failed once, and files that could not be read as one each', async () => {
    const { code, lines } = await run({
      tests: `${leave([
        { name: 'a', status: 'failed', assertionResults: [] },
        {
          name: 'b',
          status: 'failed',
          assertionResults: ['passed', 'failed', 'failed'].map((status) => ({ status })),
        },
      ])}; exit 1`,
    });
    expect([code, lines.at(-1)]).toEqual([1, '1 passed, 3 failed']);
  });

  test('counts tests that crash, and tests that leave no results, as one failure', async () => {
    expect((await run({ tests: 'kill -SEGV $$' })).lines.at(-1)).toBe('0 passed, 1 failed');
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    expect((await run({ tests: ':' })).lines.at(-1)).toBe('0 passed, 1 failed');
  });

  test('comes even where a stage hangs, which is told and ended with all that it started', async () => {
    const { code, lines } = await run(
      { tests: `${resultsOf()}; ${DETACHED}; sleep 300` },
      { TESTS_S: '4' },
    );
    expect([code, lines.at(-1)]).toEqual([1, '7 passed, 1 failed']);
    expect(lines).toContain('tests: stopped, it did not end within 4 s: counted as one failure');
    expect(isAlive(leftBehind())).toBe(false);
  });

  test('comes even where the time of the whole run is over', async () => {
    const { lines } = await run({ check: 'sleep 300' }, { TOTAL_S: '6' });
    expect(lines.at(-1)).toBe('0 passed, 3 failed');
    expect(lines).toContain(
      'tests: not begun, the 6 s of the whole run are over: counted as one failure',
    );
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'comes even after %s, with nothing behind it and nobody left',
    async (signal) => {
      const child = begin({ check: `${DETACHED}; sleep 300` });
      const ending = told(child);
      await until('the check runs', 30_000, () => isAlive(leftBehind()));
      child.kill(signal);
      const { code, lines, err } = await ending;
      expect([code, lines.at(-1), err]).toEqual([1, '0 passed, 1 failed', '']);
      expect(lines).toContain(`stopped by ${signal}: counted as one failure`);
      expect(isAlive(leftBehind())).toBe(false);
    },
  );
});

onLinux('what failed', () => {
  test('is told once more before the last line: tests by name, with the beginning of what they said', async () => {
    const said = ['\u001b[31mwanted 3', ...Array.from({ length: 50 }, (_, at) => `at ${at}`)];
    const file = {
      name: 'rest.test.ts',
      status: 'failed',
      assertionResults: [
        { status: 'passed', fullName: 'a ring rests' },
        { status: 'failed', fullName: 'a ring wakes', failureMessages: [said.join('\n')] },
      ],
    };
    const unread = { name: 'b.test.ts', status: 'failed', message: 'typo', assertionResults: [] };
    const tests = `${leave([file, unread])}; seq 5000; exit 1`;
    const { lines } = await run({ tests });
    const told = lines.slice(lines.indexOf('what failed in tests:'));
    expect(told.slice(1, 4)).toEqual(['  rest.test.ts: a ring wakes', '  wanted 3', '  at 0']);
    expect(told.slice(-5)).toEqual([
      '  at 28',
      '  b.test.ts',
      '  typo',
      'tests: failed with exit code 1: counted as one failure',
      '1 passed, 2 failed',
    ]);
  });

  test('is told with the end of its output where it is a stage without tests', async () => {
    const { lines } = await run({ check: 'seq 5000; exit 2', schedules: 'echo fine' });
    const told = lines.slice(lines.indexOf('what failed in check:'));
    expect(told).toHaveLength(33);
    expect(told.slice(-4)).toEqual([
      '  4999',
      '  5000',
      'check: failed with exit code 2: counted as one failure',
      '7 passed, 1 failed',
    ]);
  });

  test('is told of a stage that was stopped, and of all that failed there no more than ten', async () => {
    const failed = (at: number) => ({ status: 'failed', fullName: `title ${at}` });
    const assertionResults = Array.from({ length: 14 }, (_, at) => failed(at));
    const tests = `${leave([{ name: 'a', status: 'failed', assertionResults }])}; exit 1`;
    const { lines } = await run({ schedules: 'echo at 7; sleep 300', tests }, { SCHEDULES_S: '1' });
    const told = lines.slice(lines.indexOf('what failed in schedules:'));
    expect(told.slice(0, 3)).toEqual([
      'what failed in schedules:',
      '  at 7',
      'what failed in tests:',
    ]);
    expect(told).toContain('  a: title 9');
    expect(told).not.toContain('  a: title 10');
    expect(told).toContain('  and 4 more');
  });
});

onLinux('a cluster for CI', () => {
  const ran = (): string => readOr(join(folder, 'told'), '');

  test('is told of where there is none, and its scenarios are not begun', async () => {
    const { lines } = await run({ scenarios: 'echo begun' });
    expect(lines.at(-1)).toBe('7 passed, 0 failed');
    expect(lines.join()).toContain('cluster: none');
    expect(lines).not.toContain('begun');
  });

  test('is taken down behind the scenarios, which count in place of what was skipped', async () => {
    const skipped = { tests: resultsOf({ passed: 5, pending: 3 }), scenarios: resultsOf() };
    const { code, lines } = await run(skipped, {}, {});
    expect([code, lines.at(-1), ran()]).toEqual([0, '7 passed, 0 failed', 'down\n']);
  });

  test('counts beside the tests where scenarios fail, end without results, or it cannot be had', async () => {
    const tests = resultsOf({ passed: 5 }, 'b.test.ts');
    const scenarios = `${resultsOf({ passed: 1, failed: 2 })}; exit 1`;
    expect((await run({ tests, scenarios }, {}, {})).lines.at(-1)).toBe('6 passed, 2 failed');
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    expect((await run({ tests, scenarios: ':' }, {}, {})).lines.at(-1)).toBe('5 passed, 1 failed');
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    expect((await run({ tests }, {}, { up: 'exit 1' })).lines.at(-1)).toBe('5 passed, 1 failed');
    expect(ran()).toBe('down\n');
  });

  test('outlives the stage that boots it, and goes with this script even after SIGTERM', async () => {
    const child = begin({ scenarios: 'touch begun; sleep 300' }, {}, { up: DETACHED });
    const ending = told(child);
    await until('scenarios run', 30_000, () => existsSync(join(folder, 'begun')));
    const isUp = isAlive(leftBehind());
    child.kill('SIGTERM');
    expect([(await ending).lines.at(-1), isUp, ran()]).toEqual([
      '7 passed, 1 failed',
      true,
      'down\n',
    ]);
    expect(isAlive(leftBehind())).toBe(false);
  });
});
