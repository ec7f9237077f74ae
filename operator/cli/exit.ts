// How a command ends: exit codes, and failures on their way to one.
import type { ErrorCode } from '../../core/errors.ts';
import { RingError } from '../../core/errors.ts';

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
]);

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandFailed) return error.exitCode;
  if (!(error instanceof RingError)) return EXIT.failed;
  if (error.code === 'NOT_FOUND') return EXIT.notFound;
  return REFUSALS.has(error.code) ? EXIT.refused : EXIT.failed;
}
