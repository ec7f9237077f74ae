// One HTTP call to the API server, or one stream of lines from it: credentials, deadlines, and what
// came back as a value. Whether it is tried again is decided in retries.ts.
//
// The client library's own calls are not used: its models drop fields they don't know and turn times
// into Dates, it looks up the API before each kind, and its Watch ends after 30 s without a word.
import { request, type Dispatcher } from 'undici';
import { RingError } from '../../core/errors.ts';
import { WATCH_LINE_BYTES_MAX } from '../../core/limits.ts';
import type { Access, Authorization } from './access.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/…`, its parts encoded already. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly text: string };
  /** Passed on to a pod or Service, its query as it is: they are not told of our deadline. */
  readonly isProxied?: true;
}

export type KubeAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly text: string;
      /** ms that the server asks us to wait; null: it doesn't. */
      readonly retryAfterMs: number | null;
    }
  /** No answer. `mayBeDone`: the request may have reached the server. */
  | { readonly kind: 'silent'; readonly mayBeDone: boolean; readonly cause: unknown };

const USER_AGENT = 'ringkeeper-operator';

/** ms beyond the deadline for silence, until an answer that trickles in is given up too. */
const TRICKLE_MS = 1_000;

/** One call with a deadline; never throws. */
export async function callOnce(
  access: Access,
  call: KubeRequest,
  { callMs, signal }: { readonly callMs: number; readonly signal?: AbortSignal },
): Promise<KubeAnswer> {
  const end = endOf(callMs + TRICKLE_MS, signal);
  try {
    const timeout = `${Math.ceil(callMs / 1000)}s`;
    const query = call.isProxied ? call.query : { ...call.query, timeout };
    const answer = await send(access, { ...call, query }, end.signal, {
      // A timeout of undici's also probes the connection; an aborted signal would not.
      headersTimeout: callMs,
      bodyTimeout: callMs,
    });
    return {
      kind: 'answered',
      status: answer.statusCode,
      text: await answer.body.text(),
      retryAfterMs: retryAfterMs(answer.headers['retry-after']),
    };
  } catch (cause) {
    return { kind: 'silent', mayBeDone: !isUnsent(cause), cause };
  } finally {
    end.forget();
  }
}

/**
 * Aborts after so many ms, or with the signal. By hand, since what AbortSignal.timeout and any() leave
 * behind until the time is over, or the long-lived signal is gone, adds up call by call.
 */
function endOf(
  ms: number,
  signal: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly forget: () => void } {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(new Error(signal?.aborted ? 'stopped' : `no answer within ${String(ms)} ms`));
  };
  const timer = setTimeout(abort, ms);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const forget = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, forget };
}

/** What a stream began with: the status and, where it is no success, the whole body. */
export interface KubeStream {
  readonly status: number;
  readonly text: string;
  readonly lines: AsyncIterable<string>;
}

export interface StreamOptions {
  /** ms until it has begun. */
  readonly callMs: number;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** A stream that ends with the signal, or fails when it is silent for too long. */
export async function openStream(
  access: Access,
  call: KubeRequest,
  { callMs, silenceMs, signal }: StreamOptions,
): Promise<KubeStream> {
  const answer = await send(access, call, signal, {
    headersTimeout: callMs,
    bodyTimeout: silenceMs,
  });
  const isGood = answer.statusCode === 200;
  return {
    status: answer.statusCode,
    text: isGood ? '' : await answer.body.text(),
    lines: linesOf(answer.body),
  };
}

async function send(
  access: Access,
  { method, path, query, body }: KubeRequest,
  signal: AbortSignal,
  timeouts: { readonly headersTimeout: number; readonly bodyTimeout: number },
): Promise<Dispatcher.ResponseData> {
  let authorization: Authorization;
  try {
    authorization = await access.authorize();
  } catch (cause) {
    throw new Unsent('no credentials for the API server', { cause });
  }
  const { headers, dispatcher } = authorization;
  const url = `${access.server.replace(/\/$/, '')}${path}?${String(new URLSearchParams(query))}`;
  return await request(url, {
    method,
    ...(dispatcher === undefined ? {} : { dispatcher }),
    headers: {
      ...headers,
      accept: 'application/json',
      'user-agent': USER_AGENT,
      ...(body === undefined ? {} : { 'content-type': body.type }),
    },
    body: body?.text ?? null,
    signal,
    ...timeouts,
  });
}

/** What failed before anything was sent. */
class Unsent extends Error {}

/** Codes of failures to connect, and of a pool that was closed because certificates were replaced. */
const UNSENT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
]);

function isUnsent(cause: unknown): boolean {
  return cause instanceof Unsent || UNSENT.has(codeOf(cause));
}

function codeOf(cause: unknown): string {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Seconds or a date, as RFC 9110 has it; a date is not worth trusting two clocks for. */
function retryAfterMs(header: string | string[] | undefined): number | null {
  const text = Array.isArray(header) ? header[0] : header;
  return text !== undefined && /^[0-9]{1,6}$/.test(text) ? Number(text) * 1000 : null;
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
    if (rest.length > WATCH_LINE_BYTES_MAX)
      throw new RingError('PEER_UNREACHABLE', 'the API server sent a line without an end');
  }
}
