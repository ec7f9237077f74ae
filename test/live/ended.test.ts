import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { ended, feed } from './ended.ts';

describe('the input of a process', () => {
  /** More than a pipe holds, so that some of it stays unread. */
  const LONG = 'x'.repeat(1 << 20);

  test.each([
    ['a long one', LONG],
    ['none', ''],
  ])('that does not read it changes nothing of how it ended: %s', async (_, input) => {
    const told = 'process.on("SIGTERM", () => process.exit(3)); setInterval(() => 0, 1000)';
    const deaf = `${told}; fs.closeSync(0); console.log("deaf")`;
    const child = spawn(process.execPath, ['-e', deaf]);
    const end = ended(child);
    await once(child.stdout, 'data');
    feed(child, input);
    child.kill();
    expect(await end).toEqual({ code: 3, out: 'deaf\n', err: '' });
  });

  test('reaches whoever reads it, whole', async () => {
    const counting = 'let n = 0; process.stdin.on("data", (part) => { n += part.length; })';
    const child = spawn(process.execPath, ['-e', `${counting}.on("end", () => console.log(n))`]);
    feed(child, LONG);
    expect(await ended(child)).toEqual({ code: 0, out: `${String(LONG.length)}\n`, err: '' });
  });
});
