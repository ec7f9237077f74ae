// How a command ends: exit codes, and failures on their way to one.
import type { ErrorCode } from '../../core/errors.ts';
import { RingError } from '../../core/errors.ts';
import { CommanderError } from 'commander';
import { reasonOf } from '../words.ts';

export const EXIT = { ok: 0, failed: 1, usage: 2, notFound: 3, refused: 4 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_HELP =
  'Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 refused, or still waiting';

/** A command that cannot go on: what is wrong and what would be right, in words. */
export class CommandFailed extends Error {
  readonly exitCode: ExitCode;
  constructor(exitCode: ExitCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'MANIFEST_INVALID',
  'STORE_LOCKED',
  'PRECONDITION_FAILED',
  'ALREADY_EXISTS',
  'CONFLICT',
  'FORBIDDEN',
  'INVALID',
]);

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandFailed) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(error instanceof RingError)) return EXIT.failed;
  if (error.code === 'NOT_FOUND') return EXIT.notFound;
  return REFUSALS.has(error.code) ? EXIT.refused : EXIT.failed;
}

/** What failed, for programs: `code` is the ring's own where it refused, else a word for the exit code. */
export interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly exit: ExitCode };
}

const WORDS: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: 'OK',
  [EXIT.failed]: 'FAILED',
  [EXIT.usage]: 'USAGE',
  [EXIT.notFound]: 'NOT_FOUND',
  [EXIT.refused]: 'REFUSED',
};

export function failureOf(error: unknown): Failure {
  const exit = exitCodeOf(error);
  const code = error instanceof RingError ? error.code : WORDS[exit];
  return { error: { code, message: reasonOf(error).replace(/^error: /, ''), exit } };
}

/** Whether the line asks for JSON, also where it cannot be understood as a whole. */
export function asksJson(line: readonly string[]): boolean {
  const end = line.indexOf('--');
  const words = end < 0 ? line : line.slice(0, end);
  return words.some(
    (word, i) =>
      /^(-o=?|--output=)json$/.test(word) ||
      (/^(-o|--output)$/.test(word) && words[i + 1] === 'json'),
  );
}
