// What happened, for `kubectl describe` and `kubectl events`. Events are told, never relied upon: they
// wait for nobody, what is too much is dropped, and a failure to send one is no failure of anything else.
import {
  EVENT_FLUSH_MS,
  EVENT_NOTE_BYTES_MAX,
  EVENT_REFRESH_MS,
  EVENT_SERIES_MS,
  EVENT_WORD_MAX,
  EVENTS_KEPT_MAX,
  EVENTS_QUEUED_MAX,
} from '../../core/limits.ts';
import { RingError } from '../../core/errors.ts';
import type { KubeApi, KubeKind, KubeObject, KubeRef } from './api.ts';
import { Budget } from './event-budget.ts';
import { microTime } from './lease.ts';
import { pause, realTimers, type Timers } from './timers.ts';

export const EVENTS: KubeKind = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

/** One thing that happened to an object. */
export interface Happening {
  readonly regarding: KubeObject;
  readonly type: 'Normal' | 'Warning';
  /** Why, in one CamelCase word: NodeJoined. */
  readonly reason: string;
  /** What was done or tried, in one CamelCase word: Join. */
  readonly action: string;
  /** For people. */
  readonly note: string;
}

export interface RecorderOptions {
  /** Who reports: this process. */
  readonly instance: string;
  readonly timers?: Timers;
  /** ms since 1970. */
  readonly wallMs?: () => number;
}

export interface RecorderEvents {
  /** An event was not sent. */
  failed(error: unknown): void;
  /** One more was dropped, since there were too many. */
  dropped(): void;
}

/** Who reports, for all instances. */
const CONTROLLER = 'dht.ringkeeper.dev/operator';

interface Series {
  readonly happening: Happening;
  ref: KubeRef;
  count: number;
  lastMs: number;
  /** Wall clock of the last one. */
  lastWallMs: number;
  sentCount: number;
  sentMs: number;
  takeBack: (() => void) | null;
}

export class EventRecorder {
  readonly #api: KubeApi;
  readonly #events: RecorderEvents;
  readonly #instance: string;
  readonly #timers: Timers;
  readonly #wallMs: () => number;
  readonly #budget: Budget;
  /** The one that happened last stands last. */
  readonly #series = new Map<string, Series>();
  #queued = 0;
  #sending: Promise<void> = Promise.resolve();
  #made = 0;

  constructor(api: KubeApi, options: RecorderOptions, events: RecorderEvents) {
    this.#api = api;
    this.#events = events;
    this.#instance = options.instance.slice(0, EVENT_WORD_MAX);
    this.#timers = options.timers ?? realTimers;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#budget = new Budget(this.#timers);
  }

  /** Never throws and never waits. */
  record(happening: Happening): void {
    const key = keyOf(happening);
    const nowMs = this.#timers.nowMs();
    const known = this.#series.get(key);
    this.#series.delete(key);
    if (known !== undefined && nowMs - known.lastMs <= EVENT_SERIES_MS) {
      this.#again(key, known, nowMs);
      return;
    }
    known?.takeBack?.();
    if (!this.#budget.spend(uidOf(happening)) || this.#queued >= EVENTS_QUEUED_MAX) {
      this.#events.dropped();
      return;
    }
    const lastWallMs = this.#wallMs();
    const ref = this.#refOf(happening, lastWallMs);
    const first = { happening, ref, count: 1, lastMs: nowMs, lastWallMs, takeBack: null };
    const series: Series = { ...first, sentCount: 1, sentMs: nowMs };
    this.#keep(key, series);
    this.#send(() => this.#create(series));
  }

  /** Sends what is still to be told; resolves when it was sent or has failed, or time is up. */
  async flush(withinMs = EVENT_FLUSH_MS): Promise<void> {
    for (const series of this.#series.values()) this.#refresh(series);
    const sent = new AbortController();
    await Promise.race([this.#sending, pause(this.#timers, withinMs, sent.signal)]);
    sent.abort();
  }

  #again(key: string, series: Series, nowMs: number): void {
    series.count++;
    series.lastMs = nowMs;
    series.lastWallMs = this.#wallMs();
    this.#keep(key, series);
    const waitMs = series.sentMs + EVENT_REFRESH_MS - nowMs;
    // The first repetition is told at once, so that people see that it goes on.
    if (series.count === 2 || waitMs <= 0) this.#refresh(series);
    else {
      series.takeBack ??= this.#timers.after(waitMs, () => {
        this.#refresh(series);
      });
    }
  }

  #refresh(series: Series): void {
    series.takeBack?.();
    series.takeBack = null;
    if (series.sentCount === series.count) return;
    if (this.#queued >= EVENTS_QUEUED_MAX) return;
    series.sentMs = this.#timers.nowMs();
    series.sentCount = series.count;
    this.#send(() => this.#update(series));
  }

  #keep(key: string, series: Series): void {
    this.#series.set(key, series);
    for (const [oldest, { takeBack }] of this.#series) {
      if (this.#series.size <= EVENTS_KEPT_MAX) break;
      takeBack?.();
      this.#series.delete(oldest);
    }
  }

  /** One after the other, so that a count never comes before its event. */
  #send(call: () => Promise<unknown>): void {
    this.#queued++;
    this.#sending = this.#sending.then(async () => {
      try {
        await call();
      } catch (error) {
        this.#events.failed(error);
      } finally {
        this.#queued--;
      }
    });
  }

  #create({ happening, ref, count, lastWallMs }: Series): Promise<unknown> {
    const { regarding, type, reason, action, note } = happening;
    const { name, namespace, uid, resourceVersion } = regarding.metadata;
    const { apiVersion, kind } = regarding;
    const time = microTime(lastWallMs);
    const event = {
      apiVersion: EVENTS.apiVersion,
      kind: EVENTS.kind,
      metadata: { name: ref.name, namespace: ref.namespace ?? DEFAULT_NAMESPACE },
      eventTime: time,
      reportingController: CONTROLLER,
      reportingInstance: this.#instance,
      type,
      reason: reason.slice(0, EVENT_WORD_MAX),
      action: action.slice(0, EVENT_WORD_MAX),
      note: noteOf(note),
      regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
      ...(count > 1 ? { series: { count, lastObservedTime: time } } : {}),
    };
    return this.#api.create(EVENTS, event);
  }

  async #update(series: Series): Promise<void> {
    const { ref, sentCount, lastWallMs } = series;
    try {
      const lastObservedTime = microTime(lastWallMs);
      await this.#api.patch(ref, { series: { count: sentCount, lastObservedTime } });
    } catch (error) {
      if (!(error instanceof RingError && error.code === 'NOT_FOUND')) throw error;
      // The API server forgets events after an hour, or the first one was never sent.
      series.ref = this.#refOf(series.happening, lastWallMs);
      await this.#create(series);
    }
  }

  /** Unique among all events of the object, of any process. */
  #refOf({ regarding: { metadata } }: Happening, wallMs: number): KubeRef {
    const unique = `${wallMs.toString(36)}.${(this.#made++).toString(36)}.${this.#instance}`;
    const name = `${metadata.name}.${unique}`.toLowerCase().replace(/[^a-z0-9.]/g, '-');
    return {
      kind: EVENTS,
      namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
      name: name.slice(0, NAME_MAX).replace(/[^a-z0-9]+$/, ''),
    };
  }
}

/** Where events of objects without a namespace are. */
const DEFAULT_NAMESPACE = 'default';
/** Characters of an object's name. */
const NAME_MAX = 253;

const uidOf = ({ regarding }: Happening): string => regarding.metadata.uid ?? '';

function keyOf(happening: Happening): string {
  const { type, reason, action, note } = happening;
  return JSON.stringify([uidOf(happening), type, reason, action, note]);
}

/** At most EVENT_NOTE_BYTES_MAX bytes, cut between characters. */
function noteOf(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= EVENT_NOTE_BYTES_MAX) return note;
  const cut = bytes.subarray(0, EVENT_NOTE_BYTES_MAX - Buffer.byteLength(ELLIPSIS)).toString();
  return `${cut.replace(/\uFFFD+$/, '')}${ELLIPSIS}`;
}
const ELLIPSIS = '…';
