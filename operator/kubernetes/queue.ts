// Which key is worked on next, and when: each once, never twice at a time, failures ever later. What a
// key is and what working on it means is the caller's.
import {
  QUEUE_CALM_MS,
  QUEUE_RETRY_MS_MAX,
  QUEUE_RETRY_MS_MIN,
  QUEUE_WORKERS,
} from '../../core/limits.ts';
import { jitteredMs, realTimers, type Timers } from './timers.ts';

/** What is to be done about a key; resolves to ms after which to look again, or null. */
export type Work = (key: string) => Promise<number | null>;

/** Told of what the queue does, for metrics. */
export interface QueueObserver {
  added(): void;
  /** Work on a key begins that waited so many ms since it was due. */
  began(waitedMs: number): void;
  ended(ms: number, outcome: 'done' | 'failed'): void;
}

export interface QueueEvents {
  /** One call per failure; the key is worked on again after so many ms. */
  failed(key: string, error: unknown, retryMs: number): void;
}

export interface QueueOptions {
  readonly workers?: number;
  readonly timers?: Timers;
  /** Drawn from [0, 1). */
  readonly fraction?: () => number;
  readonly observer?: QueueObserver;
}

interface Entry {
  /** When the key is due; null: only if somebody asks. */
  dueMs: number | null;
  isBusy: boolean;
  /** Asked for while it is worked on: once more afterwards. */
  isAsked: boolean;
  failures: number;
  /** Not before: what failed may not be hurried by its own traces. */
  calmUntilMs: number;
}

const RETRY = { minMs: QUEUE_RETRY_MS_MIN, maxMs: QUEUE_RETRY_MS_MAX };

export class WorkQueue {
  readonly #work: Work;
  readonly #events: QueueEvents;
  readonly #timers: Timers;
  readonly #fraction: () => number;
  readonly #observer: QueueObserver | undefined;
  readonly #workers: number;
  readonly #entries = new Map<string, Entry>();
  #busy = 0;
  #isStopped = false;
  #wake: { readonly atMs: number; readonly takeBack: () => void } | null = null;
  #idle: (() => void) | null = null;

  constructor(work: Work, events: QueueEvents, options: QueueOptions = {}) {
    this.#work = work;
    this.#events = events;
    this.#timers = options.timers ?? realTimers;
    this.#fraction = options.fraction ?? Math.random;
    this.#observer = options.observer;
    this.#workers = options.workers ?? QUEUE_WORKERS;
  }

  /** As soon as a worker is free; where the key has just failed, not within QUEUE_CALM_MS of that. */
  add(key: string): void {
    this.addAfter(key, 0);
  }

  /** After so many ms, or sooner where it is due sooner. */
  addAfter(key: string, ms: number): void {
    if (this.#isStopped) return;
    this.#observer?.added();
    const entry = this.#entryOf(key);
    if (entry.isBusy && ms <= 0) {
      entry.isAsked = true;
      return;
    }
    const atMs = Math.max(this.#timers.nowMs() + ms, entry.calmUntilMs);
    this.#due(entry, atMs);
    // Never here and now: the events of one burst, such as a list, ask for the same keys.
    this.#alarm(atMs);
  }

  /** Keys that are due and wait for a worker. */
  get depth(): number {
    const nowMs = this.#timers.nowMs();
    let depth = 0;
    for (const { dueMs, isBusy } of this.#entries.values())
      if (!isBusy && dueMs !== null && dueMs <= nowMs) depth++;
    return depth;
  }

  /** Begins nothing more; resolves when the work under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake?.takeBack();
    this.#wake = null;
    if (this.#busy > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#entries.clear();
  }

  #entryOf(key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = { dueMs: null, isBusy: false, isAsked: false, failures: 0, calmUntilMs: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  #due(entry: Entry, atMs: number): void {
    entry.dueMs = Math.min(entry.dueMs ?? Infinity, atMs);
  }

  /** Begins what can begin, longest due first, and sets the alarm for what is due next. */
  #proceed(): void {
    if (this.#isStopped) return;
    const nowMs = this.#timers.nowMs();
    while (this.#busy < this.#workers) {
      const next = this.#next();
      if (next === null) break;
      const [key, entry, dueMs] = next;
      if (dueMs > nowMs) {
        this.#alarm(dueMs);
        break;
      }
      void this.#begin(key, entry, nowMs - dueMs);
    }
  }

  /** The idle key that is due first. Ties: the one that was added first. */
  #next(): readonly [string, Entry, number] | null {
    let first: readonly [string, Entry, number] | null = null;
    for (const [key, entry] of this.#entries) {
      const { dueMs, isBusy } = entry;
      if (isBusy || dueMs === null) continue;
      if (first === null || dueMs < first[2]) first = [key, entry, dueMs];
    }
    return first;
  }

  #alarm(atMs: number): void {
    if (this.#wake !== null && this.#wake.atMs <= atMs) return;
    this.#wake?.takeBack();
    const takeBack = this.#timers.after(atMs - this.#timers.nowMs(), () => {
      this.#wake = null;
      this.#proceed();
    });
    this.#wake = { atMs, takeBack };
  }

  async #begin(key: string, entry: Entry, waitedMs: number): Promise<void> {
    entry.isBusy = true;
    entry.isAsked = false;
    entry.dueMs = null;
    this.#busy++;
    const begunMs = this.#timers.nowMs();
    this.#observer?.began(waitedMs);
    const failure = await this.#attempt(key, entry);
    this.#busy--;
    entry.isBusy = false;
    const nowMs = this.#timers.nowMs();
    this.#observer?.ended(nowMs - begunMs, failure === null ? 'done' : 'failed');
    if (failure === null) entry.failures = entry.calmUntilMs = 0;
    else this.#retry(key, entry, failure.error);
    if (entry.isAsked) this.#due(entry, Math.max(nowMs, entry.calmUntilMs));
    if (entry.dueMs === null) this.#entries.delete(key);
    if (this.#busy === 0) this.#idle?.();
    this.#proceed();
  }

  /** null: it went well. */
  async #attempt(key: string, entry: Entry): Promise<{ readonly error: unknown } | null> {
    try {
      const againMs = await this.#work(key);
      if (againMs !== null) this.#due(entry, this.#timers.nowMs() + againMs);
      return null;
    } catch (error) {
      return { error };
    }
  }

  #retry(key: string, entry: Entry, error: unknown): void {
    const nowMs = this.#timers.nowMs();
    // Half of it is certain: without that a failing key could come back at once, again and again.
    const ceilingMs = jitteredMs(entry.failures++, RETRY, 1);
    const ms = Math.ceil((ceilingMs * (1 + this.#fraction())) / 2);
    entry.calmUntilMs = nowMs + Math.min(ms, QUEUE_CALM_MS);
    this.#due(entry, nowMs + ms);
    this.#events.failed(key, error, ms);
  }
}
