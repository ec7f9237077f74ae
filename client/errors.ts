// Every way a call can end badly, as one class: match `code`, which is stable; the text is for people.
import type { ErrorCode } from '../core/errors.ts';

/**
 * The ring's own codes, and those of the way there. UNREACHABLE: nobody took the request. NO_ANSWER:
 * it was sent, and no answer came. BAD_ANSWER: what answered is no ring. CONFLICTING_VALUES: one value
 * was asked for, and several were written concurrently. UPDATE_CONFLICT: others wrote at every try.
 * CLOSED: this client was closed.
 */
export type RingErrorCode =
  | ErrorCode
  | 'UNREACHABLE'
  | 'NO_ANSWER'
  | 'BAD_ANSWER'
  | 'CONFLICTING_VALUES'
  | 'UPDATE_CONFLICT'
  | 'CLOSED';

/** What is known of a failure beside its code and its text. */
export interface ErrorFacts {
  /** HTTP status; 0: there was no answer. */
  readonly status: number;
  /** The same request may succeed later. */
  readonly retryable: boolean;
  /** The write may have taken effect all the same. False: it certainly has not. */
  readonly maybeApplied: boolean;
  /** Stands in the log lines of every node that the request reached. */
  readonly requestId: string;
  /** Members that had to answer, and that did. */
  readonly needed?: number;
  readonly answered?: number;
}

export class RingkeeperError extends Error implements ErrorFacts {
  readonly code: RingErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly maybeApplied: boolean;
  readonly requestId: string;
  readonly needed: number | undefined;
  readonly answered: number | undefined;

  constructor(
    code: RingErrorCode,
    message: string,
    facts: Partial<ErrorFacts> & { readonly cause?: unknown } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'RingkeeperError';
    this.code = code;
    this.status = facts.status ?? 0;
    this.retryable = facts.retryable ?? false;
    this.maybeApplied = facts.maybeApplied ?? false;
    this.requestId = facts.requestId ?? '';
    this.needed = facts.needed;
    this.answered = facts.answered;
  }
}

/** A problem document's fields as they come: any of them may be missing or of another type. */
export type RawProblem = Readonly<Record<string, unknown>>;

/**
 * The failure that a problem document tells. What is none came from something between here and the
 * ring: whether a write got through is not known then.
 */
export function errorOf(
  problem: RawProblem | null,
  { status, isWrite, requestId }: { status: number; isWrite: boolean; requestId: string },
): RingkeeperError {
  const { code, detail, title, retryable, maybeApplied, needed, answered } = problem ?? {};
  if (typeof code !== 'string') {
    return new RingkeeperError('BAD_ANSWER', `status ${status} without a problem document`, {
      status,
      retryable: status >= 502 && status <= 504,
      maybeApplied: isWrite && status >= 500,
      requestId,
    });
  }
  const shown = problem?.['requestId'];
  return new RingkeeperError(code as ErrorCode, textOf(detail) ?? textOf(title) ?? code, {
    status,
    retryable: retryable === true,
    maybeApplied: maybeApplied === true,
    requestId: textOf(shown) ?? requestId,
    ...(typeof needed === 'number' ? { needed } : {}),
    ...(typeof answered === 'number' ? { answered } : {}),
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
