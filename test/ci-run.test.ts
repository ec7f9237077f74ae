// The CI script ends with its verdict whatever becomes of its stages. It runs here in a folder of its
// own, with an npm that does what each test asks for.
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isAlive, nameProcess } from '../operator/local/process-identity.ts';
import { ended } from './live/ended.ts';
import { readOr } from './live/files.ts';
import { until } from './live/until.ts';

/** Shell lines for each stage; `$out` is where the tests' results belong. */
interface Stages {
  readonly install?: string;
  readonly check?: string;
  readonly schedules?: string;
  readonly tests?: string;
}

interface Told {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly err: string;
}

const resultsOf = (counts: object): string =>
  `echo '${JSON.stringify({
    numPassedTests: 7,
    numFailedTests: 0,
    numPendingTests: 0,
    testResults: [],
    ...counts,
  })}' > "$out"`;

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

function begin(stages: Stages, ceilings: Readonly<Record<string, string>> = {}) {
  for (const name of ['.ci', 'bin']) mkdirSync(join(folder, name));
  const script = join(folder, '.ci', 'run');
  copyFileSync('.ci/run', script);
  const npm = join(folder, 'bin', 'npm');
  const { install = ':', check = ':', schedules = ':', tests = resultsOf({}) } = stages;
  writeFileSync(
    npm,
    `#!/usr/bin/env bash
for word in "$@"; do case $word in --outputFile=*) out=\${word#*=} ;; esac; done
case "$*" in
  *preinstalled) ${install} ;;
  *check) ${check} ;;
  *sim*) ${schedules} ;;
  test*) ${tests} ;;
esac
`,
  );
  chmodSync(npm, 0o755);
  const path = [join(folder, 'bin'), dirname(process.execPath), process.env.PATH].join(delimiter);
  return spawn(script, { env: { ...process.env, ...ceilings, PATH: path } });
}

async function told(child: ReturnType<typeof begin>): Promise<Told> {
  const { code, out, err } = await ended(child);
  return { code, lines: out.trimEnd().split('\n'), err };
}

const run = (stages: Stages, ceilings?: Readonly<Record<string, string>>): Promise<Told> =>
  told(begin(stages, ceilings));

const leftBehind = () => nameProcess(Number(readOr(join(folder, 'left-behind'), '0')));
// Written for what CI runs on; `timeout` and /proc are nowhere else.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('the last line of CI', () => {
  test('counts what the tests counted where all stages pass', async () => {
    const { code, lines, err } = await run({ tests: resultsOf({ numPendingTests: 2 }) });
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
    const testResults = [{ status: 'failed', assertionResults: [] }];
    const { code, lines } = await run({
      tests: `${resultsOf({ numFailedTests: 2, testResults })}; exit 1`,
    });
    expect([code, lines.at(-1)]).toEqual([1, '7 passed, 3 failed']);
  });

  test('counts tests that crash, and tests that leave no results, as one failure', async () => {
    expect((await run({ tests: 'kill -SEGV $$' })).lines.at(-1)).toBe('0 passed, 1 failed');
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    expect((await run({ tests: ':' })).lines.at(-1)).toBe('0 passed, 1 failed');
  });

  test('comes even where a stage hangs, which is told and ended with all that it started', async () => {
    const { code, lines } = await run(
      { tests: `${resultsOf({})}; ${DETACHED}; sleep 300` },
      { TESTS_S: '1' },
    );
    expect([code, lines.at(-1)]).toEqual([1, '7 passed, 1 failed']);
    expect(lines).toContain('tests: stopped, it did not end within 1 s: counted as one failure');
    expect(isAlive(leftBehind())).toBe(false);
  });

  test('comes even where the time of the whole run is over', async () => {
    const { lines } = await run({ check: 'sleep 300' }, { TOTAL_S: '1' });
    expect(lines.at(-1)).toBe('0 passed, 3 failed');
    expect(lines).toContain(
      'tests: not begun, the 1 s of the whole run are over: counted as one failure',
    );
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'comes even after %s, with nothing behind it and nobody left',
    async (signal) => {
      const child = begin({ check: `${DETACHED}; sleep 300` });
      const ending = told(child);
      await until('the check runs', 10_000, () => isAlive(leftBehind()));
      child.kill(signal);
      const { code, lines, err } = await ending;
      expect([code, lines.at(-1), err]).toEqual([1, '0 passed, 1 failed', '']);
      expect(lines).toContain(`stopped by ${signal}: counted as one failure`);
      expect(isAlive(leftBehind())).toBe(false);
    },
  );
});
