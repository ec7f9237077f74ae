// A small API server in memory, for one kind: versions, a history that is forgotten at times, watches
// that end or break when a test says so.
import type {
  KubeObject,
  KubeWatcher,
  Snapshot,
  WatchEvent,
  WatchScope,
} from '../../../operator/kubernetes/api.ts';

interface Entry {
  readonly version: number;
  readonly kind: 'set' | 'gone';
  readonly object: KubeObject;
}

export class MemoryWatcher implements KubeWatcher {
  #version = 0;
  #uid = 0;
  #oldest = 0;
  readonly objects = new Map<string, KubeObject>();
  readonly #history: Entry[] = [];
  readonly #watches = new Set<() => void>();
  /** Counts how often all watches were ended, and by what the last time. */
  #ends = 0;
  #end: Error | null = null;
  /** Lists and watches that fail from now on. */
  failing: Error | null = null;
  snapshots = 0;

  get watches(): number {
    return this.#watches.size;
  }

  put(name: string, text: string): void {
    const known = this.objects.get(name)?.metadata.uid;
    this.#write('set', name, known ?? `uid-${String(this.#uid++)}`, text);
  }

  remove(name: string): void {
    const known = this.objects.get(name);
    if (known !== undefined) this.#write('gone', name, known.metadata.uid!, '');
  }

  /** History up to now is forgotten: a watch from before is told to list again. */
  compact(): void {
    this.#oldest = this.#version;
  }

  /** An older state of the store, as of a back-up: versions start again lower. */
  restore(objects: readonly KubeObject[]): void {
    this.#history.length = 0;
    this.#version = 0;
    this.#oldest = 0;
    this.objects.clear();
    for (const { metadata } of objects)
      this.#write('set', metadata.name, metadata.uid!, 'restored');
  }

  endWatches(error: Error | null): void {
    this.#ends++;
    this.#end = error;
    this.bookmark();
  }

  bookmark(): void {
    for (const wake of [...this.#watches]) wake();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port waits, memory needn't
  async snapshot<T extends KubeObject>(): Promise<Snapshot<T>> {
    this.snapshots++;
    if (this.failing !== null) throw this.failing;
    const items = structuredClone([...this.objects.values()]) as unknown as T[];
    return { items, resourceVersion: String(this.#version) };
  }

  async *watch<T extends KubeObject>(
    _: WatchScope,
    from: { readonly resourceVersion: string; readonly seconds: number },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    if (this.failing !== null) throw this.failing;
    let reached = Number(from.resourceVersion);
    const ends = this.#ends;
    while (!signal.aborted) {
      if (ends !== this.#ends) {
        if (this.#end !== null) throw this.#end;
        return;
      }
      if (reached < this.#oldest) {
        yield { kind: 'expired' };
        return;
      }
      const next = this.#history.filter(({ version }) => version > reached);
      for (const { kind, object, version } of next) {
        reached = version;
        yield { kind, object: structuredClone(object) as unknown as T };
      }
      if (next.length > 0) continue;
      await this.#news(signal);
      if (ends === this.#ends && !signal.aborted)
        yield { kind: 'bookmark', resourceVersion: String(reached) };
    }
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#watches.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#watches.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #write(kind: 'set' | 'gone', name: string, uid: string, text: string): void {
    const version = ++this.#version;
    const metadata = {
      name,
      namespace: 'rings',
      uid,
      resourceVersion: String(version),
      annotations: { text },
      managedFields: [{}],
    };
    const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    if (kind === 'set') this.objects.set(name, object);
    else this.objects.delete(name);
    this.#history.push({ version, kind, object });
    for (const wake of [...this.#watches]) wake();
  }
}
