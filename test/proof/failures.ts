// Which errors a client may see (issue: only where the quorum was really gone, and for a request
// that was cut off with its node).
import { ERRORS } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { RECONNECT_MS_MAX } from '../../core/limits.ts';
import { OPERATOR } from './outages.ts';
import type { Outages } from './outages.ts';

/** No answer: the connection was cut, refused, or nothing came for longer than any deadline. */
export type FailureCode = ErrorCode | 'CUT' | 'REFUSED' | 'SILENCE';

export interface Failure {
  readonly client: number;
  readonly what: 'read' | 'write';
  readonly key: string;
  readonly code: FailureCode;
  readonly detail: string;
  /** The node that was asked; null: whoever the proxy chose. */
  readonly via: string | null;
  readonly startMs: number;
  readonly endMs: number;
}

/** ms after a node is ready again until all its peers have surely noticed. */
export const NOTICE_MS = RECONNECT_MS_MAX + 1_000;
/** ms after a node is ready again until the proxy sends it connections, and the watcher knows. */
const ROUTE_MS = 1_000;

/** ms until a node notices that a peer it is connected to has died, or started anew. */
const BROKEN_MS = 500;

/** A refusal by a condition is an answer, not a failure. */
export const VERDICTS: ReadonlySet<string> = new Set([
  'PRECONDITION_FAILED',
  'ALREADY_EXISTS',
  'NOT_FOUND',
]);

/** Why the failure was to be expected; null: it was not. */
export function excuse(failure: Failure, outages: Outages): string | null {
  const { code, via } = failure;
  if (code === 'CUT' || code === 'REFUSED') {
    const isCut =
      via === null ? outages.touched(failure, ROUTE_MS) : outages.touched(failure, ROUTE_MS, via);
    return isCut ? 'cut off with its node' : null;
  }
  if (code === 'SILENCE' || !ERRORS[code].retryable || code === 'DISK_FULL') return null;
  if (code === 'CORRUPT_RECORD') return null;
  if (code === 'DRAINING' || code === 'NOT_SERVING') {
    // Asked directly, a node that comes or goes says so; the proxy must know better, while it
    // lives.
    if (via !== null && outages.touched(failure, ROUTE_MS, via))
      return 'the node was coming or going';
    if (via === null && outages.touched(failure, ROUTE_MS, OPERATOR))
      return 'the proxy had just come back';
    // A connection that was made before stays with its node until that one ends it.
    if (code === 'DRAINING' && outages.someoneLeft(failure)) return 'the node was leaving in order';
  }
  if (outages.nodesGone(failure, NOTICE_MS) >= 2) return 'the quorum was gone';
  const slackMs = code === 'TIMEOUT' ? BROKEN_MS : 0;
  if (failure.what === 'write' && outages.nodeDied(failure, slackMs))
    return 'cut off with its coordinator';
  // Decision 0011: what is handed to a process that just started anew is never coordinated twice.
  if (failure.what === 'write' && code === 'TIMEOUT' && outages.nodeReturned(failure, BROKEN_MS))
    return 'handed to a coordinator that had just started anew';
  return null;
}
