// Failures → RFC 9457 problem documents: the one place where a code becomes an HTTP status.
import type { FailedResult } from '../../core/api/requests.ts';
import { ERRORS, RingError } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457 with our members; `code` is what callers match. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Replicas that had to answer, and that did. */
  readonly needed?: number;
  readonly answered?: number;
  /** The write may have taken effect all the same. */
  readonly maybeApplied?: boolean;
  readonly requestId: string;
}

/** A failed result of the ring on its way to the client. */
export class RequestFailed extends RingError {
  readonly result: FailedResult;
  constructor(result: FailedResult) {
    super(result.code, result.message);
    this.result = result;
  }
}

/**
 * The problem document of any failure; what is no RingError is a bug and keeps its words to itself.
 */
export function problemOf(error: unknown, requestId: string): Problem {
  const known =
    error instanceof RingError ? error : new RingError('INTERNAL', 'see the log of this node');
  const { status, retryable, title } = ERRORS[known.code];
  const result = error instanceof RequestFailed ? error.result : null;
  return {
    type: `urn:ringkeeper:error:${known.code}`,
    title,
    status,
    detail: known.message,
    code: known.code,
    retryable,
    ...(result?.needed === undefined ? {} : { needed: result.needed }),
    ...(result?.answered === undefined ? {} : { answered: result.answered }),
    ...(result?.maybeApplied === true ? { maybeApplied: true } : {}),
    requestId,
  };
}
