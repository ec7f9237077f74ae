// The pages that alerts lead to: each was followed once, or says why not; the index has them all; and
// what the runbooks tell people to type is understood by the command that they type it to.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from '@jest/globals';
import { RUNBOOKS } from '../helm/monitoring/alert.ts';
import { ALERTS } from '../helm/monitoring/alerts.ts';
import { kvCommand } from '../operator/cli/kv.ts';
import { programOf } from '../operator/cli/program.ts';
import { openTerminal } from '../operator/cli/terminal.ts';

const FOLDER = 'docs/runbooks';
const read = (file: string): string => readFileSync(file, 'utf8');
const alerts = ALERTS.flatMap((group) => group.alerts);
const pages = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => join(FOLDER, file));

/** The last paragraph: under which conditions, and what came of it. */
const WALKED = /^Walked on \d{4}-\d\d-\d\d, .+: fired after .+, cured by .+, resolved after .+\.$/;
const NOT_WALKED = /^Not walked: .+\.$/;

describe('the runbook of an alert', () => {
  test.each(alerts.map(({ name }) => name))(
    '%s ends with how it was followed for real, or why not',
    (name) => {
      const last = read(join(RUNBOOKS, `${name}.md`))
        .trim()
        .split('\n\n')
        .at(-1)!;
      const line = last.replaceAll('\n', ' ');
      expect(WALKED.test(line) || NOT_WALKED.test(line) ? 'in form' : line).toBe('in form');
    },
  );

  test('says what `dht` stands for, where it tells to type it', () => {
    const silent = alerts.filter(({ name }) => {
      const text = read(join(RUNBOOKS, `${name}.md`));
      return /`(npx )?dht /.test(text) && !text.includes('`dht` is `npx dht` on one machine');
    });
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  test('stands in the index with its severity, and nothing else does', () => {
    const lines = read(join(FOLDER, 'README.md')).matchAll(
      /^\| \[(Dht\w+)\]\(alerts\/(\w+)\.md\) \| (\w+) \| .+ \|$/gm,
    );
    expect([...lines].map(([, name, page, severity]) => ({ name, page, severity }))).toEqual(
      alerts.map(({ name, severity }) => ({ name, page: name, severity })),
    );
  });
});

type Platform = 'npx dht' | 'kubectl dht';

/** As `main.ts` and `kubectl.ts` put them together; what is understood is not carried out. */
function programFor(platform: Platform): Command {
  const terminal = openTerminal({ out: process.stdout, err: process.stderr });
  const unasked = (): never => {
    throw new Error('no ring is asked');
  };
  const rings = { target: unasked, targets: unasked, client: unasked };
  const program = programOf({ terminal, rings, name: platform }, '');
  if (platform === 'npx dht') program.addCommand(kvCommand(terminal));
  const tame = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    for (const inner of command.commands) tame(inner);
    if (command.commands.length === 0) command.action(() => undefined);
  };
  tame(program);
  return program;
}

/** Commands in code marks and after a prompt, without their comments; letters stand for numbers. */
function typed(page: string): { platforms: readonly Platform[]; line: string }[] {
  const found = read(page).matchAll(
    /(?:`|^\$ )(npx |kubectl )?dht (?!-n NAMESPACE`)([a-z][^`#\n]*)/gm,
  );
  return [...found].map(([, of = '', words]) => ({
    platforms:
      of === 'npx ' ? ['npx dht'] : of === '' ? ['npx dht', 'kubectl dht'] : ['kubectl dht'],
    line: words!.trim().replace(/\bN\b/, '3'),
  }));
}

test('the runbooks name commands that are understood as they stand there', () => {
  const lines = pages.flatMap((page) => typed(page).map((each) => ({ page, ...each })));
  expect(lines.length).toBeGreaterThan(60);
  const wrong = lines.flatMap(({ page, platforms, line }) =>
    platforms.flatMap((platform) => {
      try {
        programFor(platform).parse(line.split(/\s+/), { from: 'user' });
        return [];
      } catch (error) {
        return [`${page}: ${platform} ${line}: ${(error as Error).message}`];
      }
    }),
  );
  expect(wrong).toEqual([]);
});
