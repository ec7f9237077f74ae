// One call, sent as often as it must and may be: reads until they are answered, writes again only
// where the ring says that nothing happened, or where happening twice is the same as once.
import { CLIENT_RETRY_MS_MAX, CLIENT_RETRY_MS_MIN } from '../core/limits.ts';
import { Directory } from './directory.ts';
import type { Purpose } from './directory.ts';
import { errorOf, RingkeeperError } from './errors.ts';
import type { RawProblem, RingErrorCode } from './errors.ts';
import { exchange } from './exchange.ts';
import type { Answer, Silence } from './exchange.ts';
import type { CallOptions, Operation, Settings } from './options.ts';
import type { Place } from './places.ts';

/** What is to be done, free of where and how often. */
export interface Work {
  readonly operation: Operation;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** null: any member does as well. */
  readonly key: string | null;
  readonly purpose: Purpose;
  /** Whether it may be sent again although it may have been applied. */
  readonly isRepeatable: boolean;
  /** Much at once: one request may take all the time that its call has. */
  readonly isLong?: boolean;
  /** Statuses of 400 and above that are no failure of this work. */
  readonly expected?: readonly number[];
}

export interface Done extends Answer {
  readonly requestId: string;
  /** Some request of this call may have been applied before the one that was answered. */
  readonly wasRepeated: boolean;
}

/** Where the place, and not the ring, is why it failed: another place is asked at once. */
const ELSEWHERE: ReadonlySet<RingErrorCode> = new Set([
  'UNREACHABLE',
  'NO_ANSWER',
  'BAD_ANSWER',
  'DRAINING',
  'NOT_SERVING',
  'WRONG_RING',
] satisfies RingErrorCode[]);

export class Attempts {
  readonly directory: Directory;
  readonly #settings: Settings;
  readonly #open = new Set<AbortController>();
  #isClosed = false;
  readonly #idPrefix = randomText();
  #serial = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.directory = new Directory({
      bases: settings.bases,
      isDirect: settings.isDirect,
      now: () => performance.now(),
      ask: (place, method) => this.#askRing(place, method),
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const ending of this.#open) ending.abort(closed());
  }

  /** ms that a call may take where nothing else is said. */
  get timeoutMs(): number {
    return this.#settings.timeoutMs;
  }

  /** Throws the reason where the caller gives up meanwhile. */
  pause(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const giveUp = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      }, ms);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  nextId(): string {
    return `${this.#idPrefix}-${(++this.#serial).toString(36)}`;
  }

  /** Throws RingkeeperError, or the reason of the caller's signal. */
  async run(work: Work, options: CallOptions = {}): Promise<Done> {
    const call = new Call(work, options, this.#settings, options.requestId ?? this.nextId());
    const signal = options.signal ?? null;
    for (;;) {
      const place = call.nextPlace(this.directory);
      const outcome = await this.#send(place, call, signal);
      if (!(outcome instanceof RingkeeperError)) {
        return { ...outcome, requestId: call.requestId, wasRepeated: call.maybeApplied };
      }
      const pauseMs = call.pauseAfter(outcome);
      if (pauseMs === null) throw call.verdict(outcome);
      if (pauseMs > 0) await this.pause(pauseMs, signal);
    }
  }

  async #send(
    place: Place,
    call: Call,
    signal: AbortSignal | null,
  ): Promise<Answer | RingkeeperError> {
    if (this.#isClosed) throw closed();
    const { work, requestId } = call;
    const began = performance.now();
    place.inFlight++;
    let outcome: Answer | Silence;
    try {
      outcome = await exchange(
        {
          url: place.url + work.path,
          method: work.method,
          headers: call.headers(place),
          ...(work.body === undefined ? {} : { body: work.body }),
        },
        { fetch: this.#settings.fetch, ms: call.patienceMs(place), signal, open: this.#open },
      );
    } finally {
      place.inFlight--;
    }
    const error = judge(outcome, work, { requestId, place });
    this.#learnFrom(place, outcome, error);
    this.#settings.onAttempt({
      operation: work.operation,
      requestId,
      url: place.url,
      isDirect: place.isMember,
      nth: call.nth,
      status: outcome.kind === 'answer' ? outcome.status : 0,
      code: error?.code ?? null,
      ms: performance.now() - began,
    });
    return error ?? (outcome as Answer);
  }

  #learnFrom(place: Place, outcome: Answer | Silence, error: RingkeeperError | null): void {
    if (error !== null && ELSEWHERE.has(error.code)) place.failed(performance.now());
    else place.answered();
    if (error?.code === 'WRONG_RING') void this.directory.learn();
    else if (outcome.kind === 'answer') this.directory.heard(epochIn(outcome), place);
  }

  async #askRing(place: Place, method: 'GET' | 'HEAD'): Promise<string | null> {
    const work: Work = {
      operation: 'ring',
      method,
      path: '/v1/ring',
      key: null,
      purpose: 'read',
      isRepeatable: true,
    };
    const call = new Call(work, {}, this.#settings, this.nextId());
    try {
      const outcome = await this.#send(place, call, null);
      return outcome instanceof RingkeeperError ? null : new TextDecoder().decode(outcome.body);
    } catch {
      // Closed meanwhile: nobody wants to know any more.
      return null;
    }
  }
}

/** The state of one call: who was asked, what may have happened, how much time is left. */
class Call {
  readonly work: Work;
  readonly requestId: string;
  /** Requests sent so far. */
  nth = 0;
  /** Some request of this call may have been applied. */
  maybeApplied = false;
  readonly #settings: Settings;
  readonly #traceparent: string | undefined;
  readonly #deadline: number;
  readonly #asked = new Set<Place>();
  /** Whether somebody who was not asked yet is left. */
  #hasOthers = false;

  constructor(work: Work, options: CallOptions, settings: Settings, requestId: string) {
    this.work = work;
    this.requestId = requestId;
    this.#settings = settings;
    this.#traceparent = options.traceparent ?? settings.traceparent();
    this.#deadline = performance.now() + (options.timeoutMs ?? settings.timeoutMs);
  }

  /** The best place that was not asked yet; once all were, all may be again. */
  nextPlace(directory: Directory): Place {
    this.nth++;
    const places = directory.placesFor(this.work.key, this.work.purpose);
    let left = places.filter((place) => !this.#asked.has(place));
    if (left.length === 0) {
      this.#asked.clear();
      left = [...places];
    }
    this.#asked.add(left[0]!);
    this.#hasOthers = left.length > 1;
    return left[0]!;
  }

  headers({ clusterId }: Place): Record<string, string> {
    const headers: Record<string, string> = {
      ...this.work.headers,
      'x-request-id': this.requestId,
    };
    if (clusterId !== null) headers['x-ring-cluster'] = clusterId;
    if (this.#traceparent !== undefined) headers['traceparent'] = this.#traceparent;
    return headers;
  }

  patienceMs(place: Place): number {
    const { attemptMs, hastyReadMs } = this.#settings;
    if (this.work.isLong === true) return Math.max(1, this.#leftMs);
    const isHasty = this.work.purpose === 'read' && place.isMember && this.#hasOthers;
    return Math.max(1, Math.min(isHasty ? hastyReadMs : attemptMs, this.#leftMs));
  }

  get #leftMs(): number {
    return this.#deadline - performance.now();
  }

  /** ms until the next request; null: there is none, as it would not be safe, or not in time. */
  pauseAfter(error: RingkeeperError): number | null {
    this.maybeApplied ||= error.maybeApplied;
    const isSafe = this.work.purpose === 'read' || this.work.isRepeatable || !error.maybeApplied;
    // What is known of the ring was wrong: what is asked next, or the address given, knows better.
    if (!isSafe || !(error.retryable || error.code === 'WRONG_RING')) return null;
    const ceiling = Math.min(CLIENT_RETRY_MS_MAX, CLIENT_RETRY_MS_MIN * 2 ** (this.nth - 1));
    const ms =
      this.#hasOthers && ELSEWHERE.has(error.code) ? 0 : ceiling * (0.5 + Math.random() / 2);
    return ms < this.#leftMs ? ms : null;
  }

  /** The last failure, with what all requests of this call may have done. */
  verdict(error: RingkeeperError): RingkeeperError {
    if (!this.maybeApplied || error.maybeApplied) return error;
    const { message, cause, status, retryable, requestId } = error;
    const facts = { status, retryable, requestId, maybeApplied: true, cause };
    return new RingkeeperError(error.code, message, facts);
  }
}

/** null: it went well. */
function judge(
  outcome: Answer | Silence,
  { purpose, expected }: Work,
  { requestId, place }: { requestId: string; place: Place },
): RingkeeperError | null {
  const isWrite = purpose === 'write';
  if (outcome.kind === 'silence') {
    const { wasSent, cause } = outcome;
    return new RingkeeperError(
      wasSent ? 'NO_ANSWER' : 'UNREACHABLE',
      wasSent ? `no answer from ${place.url}` : `${place.url} cannot be reached`,
      { retryable: true, maybeApplied: isWrite && wasSent, requestId, cause },
    );
  }
  const { status } = outcome;
  // Whoever answers in a member's place must be of a ring, or its word is worth nothing.
  if (place.isMember && epochIn(outcome) === null && status < 400)
    return errorOf(null, { status: 502, isWrite, requestId });
  if (status < 400) return null;
  const problem = problemIn(outcome);
  if (problem !== null && expected?.includes(status) === true) return null;
  return errorOf(problem, { status, isWrite, requestId });
}

function epochIn({ headers }: Answer): number | null {
  const text = headers.get('x-ring-epoch');
  return text === null ? null : Number(text);
}

function problemIn({ headers, body }: Answer): RawProblem | null {
  if (headers.get('content-type')?.startsWith('application/problem+json') !== true) return null;
  try {
    return JSON.parse(new TextDecoder().decode(body)) as RawProblem;
  } catch {
    return null;
  }
}

function closed(): RingkeeperError {
  return new RingkeeperError('CLOSED', 'this client was closed');
}

function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
