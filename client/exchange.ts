// One request and its answer over fetch; silence is told apart by whether the request may have got
// through.

export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** No answer came. `wasSent`: false where certainly nothing of the request left. */
export interface Silence {
  readonly kind: 'silence';
  readonly wasSent: boolean;
  readonly cause: unknown;
}

const NOTHING = new Uint8Array();

export interface ExchangeOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly ms: number;
  /** The caller's; null: it cannot give up. */
  readonly signal: AbortSignal | null;
  /** Who is to be ended when the client is closed: one listener each would cost more than they do. */
  readonly open: Set<AbortController>;
}

/** Throws the reason where the caller gave up; everything else is an outcome. */
export async function exchange(
  { url, method, headers, body }: HttpRequest,
  { fetch, ms, signal, open }: ExchangeOptions,
): Promise<Answer | Silence> {
  signal?.throwIfAborted();
  const ending = new AbortController();
  let isLate = false;
  const giveUp = (): void => {
    ending.abort(signal?.reason);
  };
  const timer = setTimeout(() => {
    isLate = true;
    ending.abort(new Error(`no answer within ${ms} ms`));
  }, ms);
  signal?.addEventListener('abort', giveUp);
  open.add(ending);
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal: ending.signal,
      ...(body === undefined ? {} : { body }),
    });
    const { status } = response;
    const bytes = status === 204 ? NOTHING : new Uint8Array(await response.arrayBuffer());
    return { kind: 'answer', status, headers: response.headers, body: bytes };
  } catch (cause) {
    if (!isLate) ending.signal.throwIfAborted();
    return { kind: 'silence', wasSent: !neverLeft(cause), cause };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
    open.delete(ending);
  }
}

/** What Node says where no connection came about; browsers don't say. */
const NEVER_LEFT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** By shape, not by class: an error may come from another realm than this code. */
function neverLeft(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === 'string' && NEVER_LEFT.has(code)) return true;
  // One of each address that a name has: nothing left if all of them were refused.
  if (Array.isArray(errors) && errors.length > 0) return errors.every(neverLeft);
  return neverLeft(cause);
}
