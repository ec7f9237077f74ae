// What a caller can choose: of the client as a whole, and of one call.
import { CLIENT_ATTEMPT_MS, CLIENT_DEADLINE_MS, CLIENT_HASTY_READ_MS } from '../core/limits.ts';
import type { RingErrorCode } from './errors.ts';

export type Operation = 'get' | 'put' | 'create' | 'delete' | 'batch' | 'keys' | 'ring';

/** One request that was sent, as the metrics hook is told of it. */
export interface Attempt {
  readonly operation: Operation;
  readonly requestId: string;
  /** Origin that it went to, and whether that is a member of the ring itself. */
  readonly url: string;
  readonly isDirect: boolean;
  /** 1: the first of its call. */
  readonly nth: number;
  /** 0: no answer. */
  readonly status: number;
  /** null: it went well. */
  readonly code: RingErrorCode | null;
  readonly ms: number;
}

export interface ConnectOptions {
  /** Where the ring is always reached, such as `http://localhost:8080`; several: any of them. */
  readonly url: string | readonly string[];
  /**
   * Whether replicas are asked directly. Default: yes, but not in browsers, nor where the URL is
   * https: what ends TLS stands before the ring.
   */
  readonly direct?: boolean;
  /** ms that a call with all its retries may take. */
  readonly timeoutMs?: number;
  /** ms that one request may take before another member is asked, where that is safe. */
  readonly attemptMs?: number;
  /** In place of the global fetch: for a proxy, a certificate, or a connection pool of one's own. */
  readonly fetch?: typeof fetch;
  /** Told of each request that was sent, for metrics; what it throws is nobody's to catch. */
  readonly onAttempt?: (attempt: Attempt) => void;
  /** W3C trace context for a call that is given none, from whatever traces the application. */
  readonly traceparent?: () => string | undefined;
}

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** ms for this call and all its retries. */
  readonly timeoutMs?: number;
  /** 1 to 128 of A-Z a-z 0-9 . _ : + / = -; made up where absent. */
  readonly requestId?: string;
  readonly traceparent?: string;
}

export interface ReadOptions extends CallOptions {
  /** How many members must answer; the ring's read quorum otherwise. */
  readonly r?: number;
  /** `latest`: where writers were concurrent, the latest value alone. */
  readonly resolve?: 'latest';
}

export interface WriteOptions extends CallOptions {
  /** How many members must hold it on disk; the ring's write quorum otherwise. */
  readonly w?: number;
  /** What was read before: exactly that is replaced. Absent: all that was acknowledged before. */
  readonly context?: string;
  /** Only if the key's etag is this one; `*`: only if it holds a value. */
  readonly ifMatch?: string;
  /** Only if the key holds no value. */
  readonly ifAbsent?: boolean;
  /**
   * Sent again although it may have been applied: harmless where nobody else writes the key, or
   * where writing the same value late is as good. Writes with a context and no condition always are.
   */
  readonly repeatable?: boolean;
}

export interface PutOptions extends WriteOptions {
  readonly contentType?: string;
  /** s that the value lives. */
  readonly ttlSeconds?: number;
}

export interface KeysOptions extends CallOptions {
  readonly prefix?: string;
  /** Keys fetched at a time, 1 to 1,000. */
  readonly pageSize?: number;
}

/** ConnectOptions with all defaults in place. */
export interface Settings {
  readonly bases: readonly string[];
  readonly isDirect: boolean;
  readonly timeoutMs: number;
  readonly attemptMs: number;
  readonly hastyReadMs: number;
  readonly fetch: typeof fetch;
  readonly onAttempt: (attempt: Attempt) => void;
  readonly traceparent: () => string | undefined;
}

/** Throws TypeError where a URL is none, or none is given. */
export function settingsOf(options: ConnectOptions): Settings {
  const bases = [options.url].flat().map(baseOf);
  if (bases.length === 0) throw new TypeError('give the URL of the ring');
  const attemptMs = options.attemptMs ?? CLIENT_ATTEMPT_MS;
  return {
    bases,
    isDirect: options.direct ?? (!isBrowser() && bases.every((url) => url.startsWith('http:'))),
    timeoutMs: options.timeoutMs ?? CLIENT_DEADLINE_MS,
    attemptMs,
    hastyReadMs: Math.min(attemptMs, CLIENT_HASTY_READ_MS),
    // Bound: browsers refuse a fetch that is called as somebody's method.
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    onAttempt: options.onAttempt ?? (() => undefined),
    traceparent: options.traceparent ?? (() => undefined),
  };
}

function baseOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new TypeError(`"${url}" is no URL of a ring; give one such as http://localhost:8080`);
  }
  return url.replace(/\/+$/, '');
}

/** Pages may not call what they were not allowed to, and members' own addresses seldom are. */
function isBrowser(): boolean {
  return 'document' in globalThis || 'WorkerGlobalScope' in globalThis;
}
