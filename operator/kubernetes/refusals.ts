// What the API server answers when it does not do what was asked, as a RingError with the server's own
// words: they name the field, the policy or the missing right, and what to do instead.
import { RingError, type ErrorCode } from '../../core/errors.ts';
import type { KubeAnswer } from './http.ts';

/** What we read of a metav1.Status. */
export interface KubeStatus {
  readonly reason: string;
  readonly message: string;
  /** The object that it is about; empty: none. */
  readonly name: string;
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  // An object that is too large for etcd.
  413: 'INVALID',
  422: 'INVALID',
  429: 'PEER_UNREACHABLE',
};

/** `what` names the call: `apply statefulsets rings/dev`. */
export function refusalOf(answer: KubeAnswer, what: string): RingError {
  if (answer.kind === 'silent') {
    const cause = answer.cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    return new RingError('PEER_UNREACHABLE', `${what}: no answer from the API server: ${why}`, {
      cause,
    });
  }
  const { status, text } = answer;
  const message = statusOf(text)?.message ?? '';
  const words = message === '' ? text.trim().slice(0, 200) : message;
  const code = isUnknownField(answer)
    ? 'INVALID'
    : (CODES[status] ?? (status >= 500 ? 'PEER_UNREACHABLE' : 'INTERNAL'));
  return new RingError(code, `${what}: ${words === '' ? `HTTP ${status}` : words}`);
}

/**
 * An apply with a field that the server's definition lacks, as after an upgrade of the operator without
 * its CRD, is answered with 500 and no reason (1.34): nothing but its words tells it from a failure.
 */
export function isUnknownField(answer: KubeAnswer): boolean {
  if (answer.kind === 'silent' || answer.status !== 500) return false;
  return statusOf(answer.text)?.message.endsWith('field not declared in schema') ?? false;
}

/** null: the text is no Status, so something else than the API server may have answered. */
export function statusOf(text: string): KubeStatus | null {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    if (value === null || value.kind !== 'Status') return null;
    const { reason, message, details } = value;
    const name = (details as { name?: unknown } | undefined)?.name;
    return { reason: textOf(reason), message: textOf(message), name: textOf(name) };
  } catch {
    return null;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
