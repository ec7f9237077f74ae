import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { RingError } from '../../../core/errors.ts';
import { asksJson, CommandFailed, EXIT, failureOf } from '../../../operator/cli/exit.ts';
import { inTemporaryFolder } from '../local/temporary-folder.ts';

const DHT = fileURLToPath(new URL('../../../operator/cli/dht.mjs', import.meta.url));

describe('a failure for programs', () => {
  test.each([
    ['QUORUM_UNAVAILABLE', EXIT.failed, new RingError('QUORUM_UNAVAILABLE', 'too few')],
    ['MANIFEST_INVALID', EXIT.refused, new RingError('MANIFEST_INVALID', 'no')],
    ['NOT_FOUND', EXIT.notFound, new CommandFailed(EXIT.notFound, 'no ring')],
    ['USAGE', EXIT.usage, new CommandFailed(EXIT.usage, 'how many?')],
    ['FAILED', EXIT.failed, new Error('a bug')],
  ])('has the code %s and the exit code %i', (code, exit, error) => {
    expect(failureOf(error)).toEqual({ error: { code, message: error.message, exit } });
  });

  test.each([
    ['status -o json', true],
    ['--output=json status', true],
    ['kv put a -ojson', true],
    ['status -o text', false],
    ['kv put json', false],
    ['kv put -- -o json', false],
  ])('is asked for by "%s": %s', (line, asked) => {
    expect(asksJson(line.split(' '))).toBe(asked);
  });
});

describe('dht -o json', () => {
  test.each([
    [['status'], 'NOT_FOUND', 'no ring has run from', 3],
    [['scale'], 'USAGE', 'how many members', 2],
    [['frobnicate'], 'USAGE', "unknown command 'frobnicate'", 2],
    [['kv', 'get', 'a', '--url', 'http://127.0.0.1:1'], 'PEER_UNREACHABLE', 'does not answer', 1],
  ])('%j fails with one JSON document on stderr, code %s', (args, code, message, exit) =>
    inTemporaryFolder(async (folder) => {
      const all = [DHT, '--state', join(folder, 'none'), ...args, '-o', 'json'];
      const ended = await new Promise<{ exit: unknown; out: string; err: string }>((resolve) => {
        execFile(process.execPath, all, (error, out, err) => {
          resolve({ exit: error?.code ?? 0, out, err });
        });
      });
      expect(ended.out).toBe('');
      const { error } = JSON.parse(ended.err) as ReturnType<typeof failureOf>;
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
      expect([ended.exit, error.exit]).toEqual([exit, exit]);
    }),
  );
});
