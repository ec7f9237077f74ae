// The commands that are run by npm beside the tests: wrong usage is one line that says what would be
// right, and exit code 2; a reader who has seen enough (`… | head`) is no failure.
import { Command, InvalidArgumentError } from 'commander';
import { SIGNAL_ECHO_MS } from '../core/limits.ts';

const USAGE = 2;
const INTERRUPTED = 130;

/** A command of package.json's scripts; its options are still to be added. */
export function npmCommand(script: string, description: string): Command {
  process.stdout.on('error', endQuietly);
  return new Command(`npm run ${script} --`)
    .description(description)
    .allowExcessArguments(false)
    .helpOption('--help', 'print this')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
    .configureOutput({
      outputError: (text, write) => {
        const error = text.trim().replaceAll('\n', ' ').replace(/\.$/, '');
        write(`${error}; npm run ${script} -- --help lists the options\n`);
      },
    });
}

export function wholeNumber(text: string): number {
  return checked(text, /^\d+$/, 'Give a whole number, 0 or above.');
}

export function positiveWhole(text: string): number {
  return checked(text, /^0*[1-9]\d*$/, 'Give a whole number, 1 or above.');
}

export function numberFromZero(text: string): number {
  return checked(text, /^\d+(\.\d+)?$/, 'Give a number, 0 or above.');
}

export function positiveNumber(text: string): number {
  return checked(text, /^(?=.*[1-9])\d+(\.\d+)?$/, 'Give a number above 0.');
}

/** Aborts at the first Ctrl-C or SIGTERM; a second one, which is no echo by npm, ends at once. */
export function endingSignal(): AbortSignal {
  const ending = new AbortController();
  let firstMs = Infinity;
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (performance.now() - firstMs > SIGNAL_ECHO_MS) process.exit(INTERRUPTED);
      firstMs = Math.min(firstMs, performance.now());
      ending.abort();
    });
  return ending.signal;
}

function checked(text: string, pattern: RegExp, wanted: string): number {
  const value = Number(text);
  if (pattern.test(text) && value <= Number.MAX_SAFE_INTEGER) return value;
  throw new InvalidArgumentError(wanted);
}

/** What is left to do has nobody to tell; how it ends is still the verdict. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
