// Calls of the API server with their retries, counted for metrics; and lists, page by page.
import type { Access } from './access.ts';
import { RingError } from '../../core/errors.ts';
import { KUBE_CALL_MS, KUBE_PAGE } from '../../core/limits.ts';
import type { KubeObject, KubeObserver, Snapshot, WatchScope } from './api.ts';
import { callOnce, type KubeAnswer } from './http.ts';
import { listing, type Operation } from './operations.ts';
import { refusalOf } from './refusals.ts';
import { retryAfter } from './retries.ts';
import { pause, realTimers, type Timers } from './timers.ts';

export interface KubeApiOptions {
  readonly observer?: KubeObserver;
  readonly timers?: Timers;
  /** Drawn from [0, 1). */
  readonly fraction?: () => number;
  /** ms until one call is given up. */
  readonly callMs?: number;
  /** Ends all calls and waits, when the process stops. */
  readonly signal?: AbortSignal;
}

export type Answered = Extract<KubeAnswer, { kind: 'answered' }>;

const NEVER = new AbortController().signal;

/** Calls with retries; what is no success is the answer all the same. */
export class KubeCalls {
  readonly config: Access;
  readonly options: Required<Omit<KubeApiOptions, 'observer'>> & Pick<KubeApiOptions, 'observer'>;

  constructor(config: Access, options: KubeApiOptions) {
    this.config = config;
    this.options = {
      timers: realTimers,
      fraction: Math.random,
      callMs: KUBE_CALL_MS,
      signal: NEVER,
      ...options,
    };
  }

  /** Throws where nobody answers in the end. */
  async answer(operation: Operation, ended: AbortSignal = NEVER): Promise<Answered> {
    const { timers, fraction, callMs } = this.options;
    const signal =
      ended === NEVER ? this.options.signal : AbortSignal.any([this.options.signal, ended]);
    const begunMs = timers.nowMs();
    for (let made = 1; ; made++) {
      const calledMs = timers.nowMs();
      const answer = await callOnce(this.config, operation.request, { callMs, signal });
      const nowMs = timers.nowMs();
      this.#tell(operation, answer, nowMs - calledMs);
      const attempts = { made, spentMs: nowMs - begunMs, isRepeatable: operation.isRepeatable };
      const ms = signal.aborted ? null : retryAfter(answer, attempts, fraction());
      if (ms === null) {
        if (answer.kind === 'silent') throw refusalOf(answer, operation.what);
        return answer;
      }
      await pause(timers, ms, signal);
    }
  }

  /** Throws for anything but a success. */
  async success(operation: Operation): Promise<string> {
    const answer = await this.answer(operation);
    if (answer.status >= 300) throw refusalOf(answer, operation.what);
    return answer.text;
  }

  #tell({ verb, kind }: Operation, answer: KubeAnswer, ms: number): void {
    const code = answer.kind === 'silent' ? 'silent' : String(answer.status);
    this.options.observer?.called({ verb, resource: kind.plural, code, ms });
  }
}

/** All pages of a list. */
export async function snapshot<T extends KubeObject>(
  calls: KubeCalls,
  scope: WatchScope,
  signal?: AbortSignal,
): Promise<Snapshot<T>> {
  for (let tries = 1; ; tries++) {
    const found = await pages<T>(calls, scope, signal);
    if (found !== null) return found;
    // Expired between two pages: once more from the start, and then let it be tried later.
    if (tries === 2) throw new RingError('PEER_UNREACHABLE', `list ${scope.kind.plural}: expired`);
  }
}

interface Page<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

async function pages<T extends KubeObject>(
  calls: KubeCalls,
  scope: WatchScope,
  signal: AbortSignal | undefined,
): Promise<Snapshot<T> | null> {
  const { apiVersion, kind } = scope.kind;
  const items: T[] = [];
  let next = '';
  for (;;) {
    const operation = listing(scope, { limit: KUBE_PAGE, next });
    const answer = await calls.answer(operation, signal);
    if (answer.status === 410) return null;
    if (answer.status >= 300) throw refusalOf(answer, operation.what);
    const page = JSON.parse(answer.text) as Page<T>;
    // Items of a list come without what the list says of all of them.
    for (const item of page.items) items.push({ ...item, apiVersion, kind });
    next = page.metadata.continue ?? '';
    if (next === '') return { items, resourceVersion: page.metadata.resourceVersion };
  }
}
