import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { openTerminal } from '../../../operator/cli/terminal.ts';

/** A stream that keeps what is written to it. */
function paper(isTTY: boolean) {
  const written: string[] = [];
  const stream = Object.assign(
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written.push(chunk.toString());
        done();
      },
    }),
    { isTTY },
  );
  return { stream, text: () => written.join('') };
}

describe('progress beside a result', () => {
  test('ends in its last line where that is worth keeping', () => {
    const err = paper(false);
    const terminal = openTerminal({ out: paper(false).stream, err: err.stream });
    terminal.progress('1 of 2');
    terminal.progress('2 of 2');
    terminal.done();
    expect(err.text()).toBe('2 of 2\n');
  });

  test.each([
    [false, 'done in 3 s\n'],
    [true, '\r\x1b[K5 of 3 members serve\r\x1b[Kdone in 3 s\n'],
  ])('is gone once it was taken away, on a terminal (%p) too', (isTTY, text) => {
    const err = paper(isTTY);
    const terminal = openTerminal({ out: paper(false).stream, err: err.stream });
    terminal.progress('5 of 3 members serve');
    terminal.clear();
    terminal.remark('done in 3 s');
    terminal.done();
    expect(err.text()).toBe(text);
  });
});
