// Every failure that crosses a boundary carries one of these codes. One table says what each means
// to an HTTP client; match codes, never text.

/** status: HTTP; retryable: the same request may succeed later without a change by the caller. */
export const ERRORS = {
  BAD_REQUEST: { status: 400, retryable: false, title: 'The request is malformed' },
  BAD_KEY: { status: 400, retryable: false, title: 'The key is not usable' },
  BAD_QUORUM: { status: 400, retryable: false, title: 'r or w is out of range' },
  BAD_CONTEXT: {
    status: 400,
    retryable: false,
    title: 'The causal context is malformed or foreign',
  },
  UNAUTHORIZED: { status: 401, retryable: false, title: 'A valid bearer token is required' },
  NOT_FOUND: { status: 404, retryable: false, title: 'There is no such thing' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    retryable: false,
    title: 'The method does not fit the resource',
  },
  REQUEST_TIMEOUT: { status: 408, retryable: true, title: 'The request arrived too slowly' },
  ALREADY_EXISTS: { status: 409, retryable: false, title: 'The key exists already' },
  STALE_DOCUMENT: {
    status: 409,
    retryable: false,
    title: 'The ring document is older than the one held',
  },
  PRECONDITION_FAILED: {
    status: 412,
    retryable: false,
    title: 'If-Match or If-None-Match did not hold',
  },
  VALUE_TOO_LARGE: { status: 413, retryable: false, title: 'The value is too large' },
  WRONG_RING: { status: 421, retryable: false, title: 'The request was meant for another ring' },
  TOO_MANY_SIBLINGS: {
    status: 409,
    retryable: false,
    title: 'The key has too many concurrent values',
  },
  HEADERS_TOO_LARGE: { status: 431, retryable: false, title: 'The headers are too large' },
  INTERNAL: { status: 500, retryable: false, title: 'The node failed to serve this request' },
  NOT_SERVING: { status: 503, retryable: true, title: 'This node serves no ring at the moment' },
  DRAINING: { status: 503, retryable: true, title: 'This node is stopping' },
  OVERLOADED: { status: 503, retryable: true, title: 'This node has too many requests in flight' },
  QUORUM_UNAVAILABLE: { status: 503, retryable: true, title: 'Too few replicas answered' },
  STALE_EPOCH: { status: 503, retryable: true, title: 'The ring changed while the request ran' },
  NOT_A_REPLICA: { status: 503, retryable: true, title: 'The asked node does not hold this slot' },
  CORRUPT_RECORD: { status: 503, retryable: true, title: 'A replica of this key is damaged' },
  DISK_FULL: { status: 507, retryable: true, title: 'The disk of a replica is full' },
  PEER_UNREACHABLE: { status: 503, retryable: true, title: 'A peer cannot be reached' },
  TIMEOUT: { status: 504, retryable: true, title: 'No verdict before the deadline' },
  // Never sent to an HTTP client of the ring: storage, transport, manifests and the operator.
  NEWER_FORMAT: { status: 500, retryable: false, title: 'The data was written by a newer version' },
  STORE_LOCKED: { status: 500, retryable: true, title: 'Another process holds the data folder' },
  STORE_FAILED: { status: 500, retryable: false, title: 'The store cannot be relied on' },
  HANDSHAKE_REFUSED: { status: 500, retryable: false, title: 'The peer was refused' },
  FRAME_INVALID: { status: 500, retryable: false, title: 'The peer sent an invalid frame' },
  MANIFEST_INVALID: { status: 422, retryable: false, title: 'The manifest is not valid' },
  CONFLICT: { status: 409, retryable: true, title: 'The stored document changed meanwhile' },
  FORBIDDEN: { status: 403, retryable: false, title: 'It is not allowed' },
  INVALID: { status: 422, retryable: false, title: 'The Kubernetes API server refuses the object' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** A failure with a stable code; the message holds the facts, `cause` what led to it. */
export class RingError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RingError';
    this.code = code;
  }
}
