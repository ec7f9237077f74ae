// What commands print: results to stdout, remarks and progress to stderr, so that pipes carry
// results alone.
import CliTable from 'cli-table3';

export interface Terminal {
  /** One line of result. */
  print(text: string): void;
  /** Bytes of result, as they are. */
  printBytes(bytes: Uint8Array): void;
  printJson(value: unknown): void;
  /** One line beside the result. */
  remark(text: string): void;
  /** Draws over the last progress on a terminal; elsewhere only the last one, at `done`, is printed. */
  progress(text: string): void;
  done(): void;
  /** Takes the progress away: what follows says more. */
  clear(): void;
}

export interface Streams {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

export function openTerminal({ out, err }: Streams): Terminal {
  let drawn = '';
  const wipe = (): void => {
    if (err.isTTY === true && drawn !== '') err.write('\r\x1b[K');
  };
  return {
    print: (text) => {
      wipe();
      out.write(`${text}\n`);
    },
    printBytes: (bytes) => {
      out.write(bytes);
    },
    printJson: (value) => {
      out.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    remark: (text) => {
      wipe();
      err.write(`${text}\n`);
    },
    progress: (text) => {
      if (err.isTTY === true && text !== drawn)
        err.write(`\r\x1b[K${text.slice(0, (err.columns || 80) - 1)}`);
      drawn = text;
    },
    done: () => {
      if (drawn === '') return;
      err.write(err.isTTY === true ? '\n' : `${drawn}\n`);
      drawn = '';
    },
    clear: () => {
      wipe();
      drawn = '';
    },
  };
}

/** Columns under their heads, without lines. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const blank = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  };
  const drawn = new CliTable({
    head: [...head],
    chars: blank,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) drawn.push(row.map(String));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
