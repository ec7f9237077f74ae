// The guides say what is so: each example of docs/client.md and docs/rest.md is run against real nodes.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ended } from '../live/ended.ts';
import { withNodes } from './nodes.ts';

const LOCAL = /(?:http:\/\/)?localhost:8080/g;

const blocks = (file: string, language: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]!);

/** What the program printed. Throws with its complaint where it failed. */
async function outputOf(program: string, extension: 'mjs' | 'sh'): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-guide-'));
  const file = join(folder, `guide.${extension}`);
  writeFileSync(file, program);
  try {
    const runner = extension === 'sh' ? 'bash' : process.execPath;
    const env = { ...process.env, NODE_OPTIONS: '' };
    const { code, out, err } = await ended(spawn(runner, [file], { env }));
    if (code !== 0) throw new Error(`${runner} ended with ${code}: ${err}`);
    return out;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('docs/client.md prints what it says', async () => {
  const [first, ...others] = blocks('docs/client.md', 'js');
  const program = [first!, ...others.map((block) => `{\n${block}}\n`)].join('');
  const said = [...program.matchAll(/ \/\/ → (.*)$/gm)].map((match) => match[1]);
  expect(said.length).toBeGreaterThanOrEqual(12);
  await withNodes(3, async ({ url }) => {
    const client = join(process.cwd(), 'client/client.ts');
    const out = await outputOf(
      program.replaceAll("'ringkeeper/client'", `'${client}'`).replaceAll(LOCAL, url),
      'mjs',
    );
    expect(out.trim().split('\n')).toEqual(said);
  });
});

/** A command of a console block, and the lines that it prints. */
interface Shown {
  readonly command: string;
  readonly output: string;
}

function shownIn(block: string): Shown[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command, ...output] = part.split('\n');
      return { command: command!, output: output.join('\n').trim() };
    });
}

/** Contexts, ETags, ids and times differ each time; `…` stands for anything. */
const FIELDS = 'context|etag|requestId|writtenAt|expiresAt|incarnation|answeredBy';
const masked = (text: string): string =>
  text.replaceAll(new RegExp(`"(${FIELDS})":"[^"]*"`, 'g'), '"$1":"…"');

function patternOf(output: string): RegExp {
  const parts = masked(output)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[\\s\\S]*')}$`);
}

describe('docs/rest.md', () => {
  test('shows what its commands print', async () => {
    const shown = blocks('docs/rest.md', 'console').flatMap(shownIn);
    expect(shown.length).toBeGreaterThan(6);
    await withNodes(3, async ({ url }) => {
      // One shell for all: what one command sets, the next ones use.
      const marks = shown.map((_one, i) => `--- end of ${i}`);
      const script = shown
        .map(({ command }, i) => `${command}\necho\necho '${marks[i]!}'\n`)
        .join('')
        .replaceAll('curl ', 'curl --silent --show-error ')
        .replaceAll(LOCAL, url);
      let rest = await outputOf(script, 'sh');
      for (const [i, { command, output }] of shown.entries()) {
        const [printed, after] = rest.split(`${marks[i]!}\n`, 2) as [string, string];
        rest = rest.slice(printed.length + marks[i]!.length + 1);
        expect(after).toBeDefined();
        expect(`${command}\n${masked(printed.trim())}`).toMatch(
          new RegExp(patternOf(`${command}\n${output}`)),
        );
      }
    });
  });
});
