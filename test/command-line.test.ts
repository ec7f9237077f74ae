// The commands beside the tests, as people and scripts run them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { ended } from './live/ended.ts';

function begin(script: string, ...args: string[]) {
  const child = spawn(process.execPath, [`test/${script}/main.ts`, ...args]);
  return { child, ended: ended(child) };
}

describe.each(['sim', 'bench', 'proof'])('npm run %s', (script) => {
  test.each([
    [
      'an option that there is not',
      ['--nonsense'],
      /^error: unknown option '--nonsense'; .*--help/,
    ],
    ['a word too much', ['nonsense'], /^error: too many arguments\. .*; npm run \w+ -- --help/],
  ])('answers %s with one line that says where to look, and exit code 2', async (_, args, line) => {
    const { code, out, err } = await begin(script, ...args).ended;
    expect([code, out]).toEqual([2, '']);
    expect(err.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
  });

  test('prints its help to whoever asks for it', async () => {
    const { code, out, err } = await begin(script, '--help').ended;
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`Usage: npm run ${script} -- [options]`);
  });
});

describe('npm run sim', () => {
  test.each([
    [['--seeds', 'many'], "'many' is invalid. Give a whole number, 1 or above;"],
    [['--from', '1.5'], "'1.5' is invalid. Give a whole number, 0 or above;"],
    [['--minutes', '0'], "'0' is invalid. Give a number above 0;"],
    [['--profile', 'large'], "'large' is invalid. Give one of small, churn,"],
    [['--without', 'R1'], "'R1' is invalid. Give one of R2-quorum,"],
    [['--profil', 'all'], 'Did you mean --profile?'],
  ])('says what would be right instead of %p', async (args, words) => {
    const { code, err } = await begin('sim', ...args).ended;
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  test('ends by its verdict when its reader has seen enough', async () => {
    const { child, ended: end } = begin('sim', '--seed', '42', '--verbose');
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await end).toMatchObject({ code: 0, err: '' });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'that is stopped by %s tells what it has found, and ends by its verdict',
    async (signal) => {
      const { child, ended: end } = begin('sim', '--minutes', '10', '--jobs', '1');
      // It says how long it would take before it begins.
      await once(child.stderr, 'data');
      child.kill(signal);
      const { code, out } = await end;
      expect(code).toBe(0);
      expect(out).toMatch(/\nschedules=\d+ steps=\d+ violations=0 rate=\d+\/s\n$/);
    },
  );
});
