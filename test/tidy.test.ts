// What the compiler, the linter and the import graph cannot see.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const sources = files.filter((file) => /^(core|operator|node|client|test)\/.*\.ts$/.test(file));
const read = (file: string): string => readFileSync(file, 'utf8');

describe('the tree', () => {
  test('has no file whose name says nothing', () => {
    const vague = /^(utils?|helpers?|common|misc|managers?)\b/;
    expect(sources.filter((file) => vague.test(basename(file)))).toEqual([]);
  });

  test('has no open ends', () => {
    const marker = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|'));
    expect(
      sources.filter((file) => marker.test(read(file).replace(/(TO)DO \(#\d+\)/g, ''))),
    ).toEqual([]);
  });

  test('opens each source file with a comment that says what it decides', () => {
    expect(
      sources.filter(
        (file) => !file.endsWith('.test.ts') && !/^(#!.*\n)?(\/\/|\/\*)/.test(read(file)),
      ),
    ).toEqual([]);
  });

  test('has a test for each room of the core', () => {
    const tested = (file: string): boolean =>
      existsSync(`test/${file.replace(/\.ts$/, '.test.ts')}`);
    const rooms = new Set(
      sources.filter((file) => file.startsWith('core/')).map((file) => file.split('/')[1]),
    );
    for (const room of ['ring', 'version', 'membership', 'replica']) {
      expect([
        room,
        rooms.has(room),
        sources.some((f) => f.startsWith(`core/${room}/`) && tested(f)),
      ]).toEqual([room, true, true]);
    }
  });

  test('has one title per markdown file', () => {
    const titles = (file: string): number =>
      read(file)
        .replace(/```[\s\S]*?```/g, '')
        .split('\n')
        .filter((line) => line.startsWith('# ')).length;
    expect(files.filter((file) => file.endsWith('.md') && titles(file) !== 1)).toEqual([]);
  });

  test('names no registry host and no folder of one machine', () => {
    const local = new RegExp(['/wo' + 'rk/', '"resol' + 'ved": "http', '/ro' + 'ot/'].join('|'));
    expect(
      files.filter((file) => /\.(ts|mjs|cjs|json|md|ya?ml)$/.test(file) && local.test(read(file))),
    ).toEqual([]);
  });

  test('cites every rule of the protocol where it is enforced, and every invariant somewhere', () => {
    const text = sources
      .filter((file) => !file.startsWith('test/'))
      .map(read)
      .join('\n');
    const all = sources.map(read).join('\n');
    const missing = [
      ...Array.from({ length: 14 }, (_, i) => `R${i + 1}`).filter(
        (rule) => !new RegExp(`\\b${rule}\\b`).test(text),
      ),
      ...Array.from({ length: 10 }, (_, i) => `I${i + 1}`).filter(
        (name) => !new RegExp(`\\b${name}\\b`).test(all),
      ),
    ];
    expect(missing).toEqual([]);
  });
});
