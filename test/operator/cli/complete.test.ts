import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import type { Cli } from '../../../operator/cli/cli.ts';
import { complete, completionText } from '../../../operator/cli/complete.ts';
import { localPlatform } from '../../../operator/cli/local-target.ts';
import { programOf } from '../../../operator/cli/program.ts';
import { openTerminal } from '../../../operator/cli/terminal.ts';
import { makeRingFiles } from './ring-files.ts';

const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });

describe('completion', () => {
  let base: string;
  let cli: Cli;
  let program: Command;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'ringkeeper-complete-'));
    const terminal = openTerminal({ out: nowhere, err: nowhere });
    cli = { terminal, rings: localPlatform, name: 'dht' };
    program = programOf(cli, '')
      .option('--state <folder>', '', base)
      .option('-c, --cluster <name>', 'which ring');
  });
  afterEach(async () => {
    await rm(base, { recursive: true, force: true });
  });
  const words = async (...line: readonly string[]): Promise<readonly string[]> =>
    (await complete(program, cli, line)).words.map(({ word }) => word);

  test('offers commands, and commands of commands, that start like the word', async () => {
    expect(await words('re')).toEqual(['restart', 'resume']);
    expect(await words('ring', 'o')).toEqual(['owner']);
  });

  test('offers options of the command and of the program, and their choices', async () => {
    expect(await words('scale', '--r')).toEqual(['--replicas']);
    expect(await words('scale', '--o')).toEqual(['--output']);
    expect(await words('status', '-o', '')).toEqual(['text', 'json']);
  });

  test('offers the rings and members that there are', async () => {
    const dev = await makeRingFiles(base, 'dev');
    const other = await makeRingFiles(base, 'other');
    await dev.publish();
    await other.publish();
    expect(await words('status', '')).toEqual(['dev', 'other']);
    expect(await words('-c', 'o')).toEqual(['other']);
    expect(await words('-c', 'dev', 'decommission', 'dev-1', '')).toEqual([
      'dev-0',
      'dev-1',
      'dev-2',
    ]);
    await Promise.all([dev.end(), other.end()]);
  });

  test('offers nothing, and fails at nothing, where there is no ring', async () => {
    expect(await words('decommission', '')).toEqual([]);
    expect(await words('nonsense', 'x', '')).not.toContain('dev');
  });

  test('is printed as cobra does it: words, what they are, and whether files may follow', async () => {
    expect(completionText(await complete(program, cli, ['--cl']))).toBe(
      '--cluster\twhich ring\n:4\n',
    );
    expect(completionText(await complete(program, cli, ['--state', '']))).toBe(':0\n');
  });
});
