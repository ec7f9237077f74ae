import { readdir, readFile, writeFile } from 'node:fs/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { compileAhead } from '../../../operator/local/compiled.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

interface Compiling {
  readonly folder: string;
  readonly source: string;
  /** What the program printed, a line a run. */
  readonly runs: () => Promise<readonly string[]>;
  readonly compile: () => Promise<void>;
}

/** A program of one file that writes down that it ran. */
async function withProgram(use: (compiling: Compiling) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (root) => {
    const sources = join(root, 'sources');
    const source = join(sources, 'main.mjs');
    const log = join(root, 'log');
    const folder = join(root, 'compiled');
    mkdirSync(sources);
    writeFileSync(log, '');
    writeFileSync(source, program(log, 'first'));
    await use({
      folder,
      source,
      runs: async () => (await readFile(log, 'utf8')).split('\n').slice(0, -1),
      compile: () => compileAhead([process.execPath, source, log], { folder, sources: [sources] }),
    });
  });
}

function program(log: string, word: string): string {
  return `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(log)}, '${word}\\n');\n`;
}

describe('compiled code of the nodes', () => {
  test('is made before the first of them starts, and once', () =>
    withProgram(async ({ folder, runs, compile }) => {
      await compile();
      await compile();
      expect(await runs()).toEqual(['first']);
      const [version = ''] = (await readdir(folder)).filter((name) => name.startsWith('v'));
      expect(await readdir(join(folder, version))).not.toEqual([]);
    }));

  test('is made anew when a source has changed', () =>
    withProgram(async ({ folder, source, runs, compile }) => {
      await compile();
      await writeFile(source, program(join(folder, '..', 'log'), 'second, longer'));
      await compile();
      expect(await runs()).toEqual(['first', 'second, longer']);
    }));

  test('is made although the folder is there already: whoever starts with NODE_COMPILE_CACHE makes it', () =>
    withProgram(async ({ folder, runs, compile }) => {
      mkdirSync(folder);
      await compile();
      expect(await runs()).toEqual(['first']);
    }));

  test('is done without where its folder cannot be made', () =>
    withProgram(async ({ folder, runs, compile }) => {
      await writeFile(folder, 'a file');
      await compile();
      expect(await runs()).toEqual([]);
    }));
});
