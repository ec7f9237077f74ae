// A local picture of all objects of one kind, kept by a list and a watch. It is for waking up and for
// looking up; what decides about data is read live.
//
// After any failure the list is read again, not only after 410: an API server that came back over a
// restored etcd tells nothing to a watch that starts at a version it has not reached yet.
import {
  WATCH_MS_MIN,
  WATCH_RETRY_MS_MAX,
  WATCH_RETRY_MS_MIN,
  WATCH_SECONDS_MAX,
  WATCH_SECONDS_MIN,
} from '../../core/limits.ts';
import type { KubeObject, KubeWatcher, Snapshot, WatchEvent, WatchScope } from './api.ts';
import { jitteredMs, pause, realTimers, type Timers } from './timers.ts';

/** `set`: it is new, or has changed. An object re-created under its name is `gone`, then `set`. */
export interface ObjectChange<T extends KubeObject> {
  readonly kind: 'set' | 'gone';
  readonly object: T;
}

export interface ReflectorEvents<T extends KubeObject> {
  /** Only enqueue a key here. What it throws is told to `failed` and stops nothing. */
  changed(change: ObjectChange<T>): void;
  /** One call per failure; the list is read again after so many ms. */
  failed(error: unknown, retryMs: number): void;
}

export interface ReflectorOptions {
  readonly timers?: Timers;
  /** Drawn from [0, 1). */
  readonly fraction?: () => number;
}

const RETRY = { minMs: WATCH_RETRY_MS_MIN, maxMs: WATCH_RETRY_MS_MAX };

export class Reflector<T extends KubeObject> {
  readonly #watcher: KubeWatcher;
  readonly #scope: WatchScope;
  readonly #events: ReflectorEvents<T>;
  readonly #timers: Timers;
  readonly #fraction: () => number;
  readonly #objects = new Map<string, T>();
  readonly #stop = new AbortController();
  readonly #synced: Promise<void>;
  #tellSynced: () => void = () => undefined;
  #isSynced = false;
  #heardMs: number;
  #running: Promise<void> | null = null;

  constructor(
    watcher: KubeWatcher,
    scope: WatchScope,
    events: ReflectorEvents<T>,
    { timers = realTimers, fraction = Math.random }: ReflectorOptions = {},
  ) {
    this.#watcher = watcher;
    this.#scope = scope;
    this.#events = events;
    this.#timers = timers;
    this.#fraction = fraction;
    this.#heardMs = timers.nowMs();
    this.#synced = new Promise((resolve) => (this.#tellSynced = resolve));
  }

  start(): void {
    this.#running ??= this.#run(this.#stop.signal);
  }

  /** Ends the list or watch under way; resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Whether the picture has been complete once. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Resolves when the picture is complete for the first time; never after stop(). */
  synced(): Promise<void> {
    return this.#synced;
  }

  /**
   * ms since the API server last said anything, were it only that nothing happened. On an idle cluster
   * it may be silent for as long as a watch lives; beyond WATCH_STALE_MS something is wrong.
   */
  staleMs(): number {
    return this.#timers.nowMs() - this.#heardMs;
  }

  get(namespace: string | null, name: string): T | null {
    return this.#objects.get(`${namespace ?? ''}/${name}`) ?? null;
  }

  all(): IterableIterator<T> {
    return this.#objects.values();
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let version: string | null = null;
    let steadySinceMs = Infinity;
    while (!signal.aborted) {
      try {
        version ??= await this.#list(signal);
        steadySinceMs = this.#timers.nowMs();
        version = await this.#follow(version, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (this.#timers.nowMs() - steadySinceMs >= WATCH_MS_MIN) failures = 0;
        steadySinceMs = Infinity;
        version = null;
        const ms = jitteredMs(failures++, RETRY, this.#fraction());
        this.#guarded(() => {
          this.#events.failed(error, ms);
        });
        await pause(this.#timers, ms, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const snapshot = await this.#watcher.snapshot<T>(this.#scope, signal);
    this.#heard();
    this.#compare(snapshot);
    this.#isSynced = true;
    this.#tellSynced();
    return snapshot.resourceVersion;
  }

  /** What a list tells is what has changed since the picture was last right. */
  #compare({ items }: Snapshot<T>): void {
    const keys = new Set(items.map(keyOf));
    for (const [key, object] of this.#objects) if (!keys.has(key)) this.#remove(object);
    for (const item of items) {
      const known = this.#objects.get(keyOf(item));
      if (
        known?.metadata.uid === item.metadata.uid &&
        known?.metadata.resourceVersion === item.metadata.resourceVersion
      )
        continue;
      this.#set(item);
    }
  }

  /** One watch; the version up to which the picture is right then, null where only a list can tell. */
  async #follow(version: string, signal: AbortSignal): Promise<string | null> {
    const span = WATCH_SECONDS_MAX - WATCH_SECONDS_MIN;
    const seconds = Math.floor(WATCH_SECONDS_MIN + this.#fraction() * span);
    const begunMs = this.#timers.nowMs();
    let reached = version;
    let told = false;
    let expired = false;
    const from = { resourceVersion: version, seconds };
    for await (const event of this.#watcher.watch<T>(this.#scope, from, signal)) {
      this.#heard();
      if (event.kind === 'expired') {
        expired = true;
        break;
      }
      told = true;
      reached = this.#take(event) ?? reached;
    }
    this.#heard();
    if (!told && !signal.aborted && this.#timers.nowMs() - begunMs < WATCH_MS_MIN)
      throw new Error('the watch ended as soon as it began');
    return expired ? null : reached;
  }

  #take(event: Exclude<WatchEvent<T>, { kind: 'expired' }>): string | undefined {
    switch (event.kind) {
      case 'set':
        this.#set(event.object);
        return event.object.metadata.resourceVersion;
      case 'gone':
        this.#remove(event.object);
        return event.object.metadata.resourceVersion;
      case 'bookmark':
        return event.resourceVersion;
    }
  }

  #set(object: T): void {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known !== undefined && known.metadata.uid !== object.metadata.uid) this.#remove(known);
    this.#objects.set(key, withoutFieldManagers(object));
    this.#tell({ kind: 'set', object });
  }

  #remove(object: T): void {
    if (this.#objects.delete(keyOf(object))) this.#tell({ kind: 'gone', object });
  }

  #tell(change: ObjectChange<T>): void {
    this.#guarded(() => {
      this.#events.changed(change);
    });
  }

  /** What a handler throws must not end the watch. */
  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      try {
        this.#events.failed(error, 0);
      } catch {
        // Who can't even be told of it is beyond help; the picture stays right.
      }
    }
  }

  #heard(): void {
    this.#heardMs = this.#timers.nowMs();
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Who set which field is half of an object's bytes, and nobody here asks. */
function withoutFieldManagers<T extends KubeObject>(object: T): T {
  delete (object.metadata as { managedFields?: unknown }).managedFields;
  return object;
}
