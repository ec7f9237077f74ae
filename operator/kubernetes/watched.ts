// What the operator watches, as one view: reads of these kinds come from memory, all others are live.
import { WATCH_STALE_MS } from '../../core/limits.ts';
import type { KubeApi, KubeKind, KubeObject, KubeRef, KubeWatcher, WatchScope } from './api.ts';
import { CLAIMS, CLUSTERS, CONFIG_MAPS, HOSTS, PODS, STATEFUL_SETS } from './kinds.ts';
import type { KubeView } from './operated.ts';
import { Reflector } from './reflector.ts';
import type { ObjectChange } from './reflector.ts';

/** Only what operators made: a busy cluster has many pods of others. */
const OURS = {
  'app.kubernetes.io/name': 'ringkeeper',
  'app.kubernetes.io/component': 'node',
} as const;

export interface WatchedOptions {
  readonly watcher: KubeWatcher;
  readonly api: KubeApi;
  /** null: all. */
  readonly namespaces: readonly string[] | null;
  readonly readsHosts: boolean;
  readonly changed: (kind: KubeKind, change: ObjectChange<KubeObject>) => void;
  readonly failed: (kind: KubeKind, error: unknown, retryMs: number) => void;
}

export class Watched implements KubeView {
  private readonly api: KubeApi;
  private readonly byKind = new Map<string, Reflector<KubeObject>[]>();

  constructor(options: WatchedOptions) {
    this.api = options.api;
    const scopes: WatchScope[] = [];
    for (const namespace of options.namespaces ?? [null]) {
      scopes.push({ kind: CLUSTERS, namespace });
      for (const kind of [STATEFUL_SETS, PODS, CLAIMS, CONFIG_MAPS])
        scopes.push({ kind, namespace, selector: OURS });
    }
    if (options.readsHosts) scopes.push({ kind: HOSTS, namespace: null });
    for (const scope of scopes) this.add(scope, options);
  }

  start(): void {
    for (const reflector of this.reflectors()) reflector.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.reflectors().map((reflector) => reflector.stop()));
  }

  /** Resolves when everything was read once. */
  async synced(): Promise<void> {
    await Promise.all(this.reflectors().map((reflector) => reflector.synced()));
  }

  isSynced(): boolean {
    return this.reflectors().every((reflector) => reflector.isSynced);
  }

  /** ms since the quietest of the watches was last heard. */
  staleMs(): number {
    return Math.max(0, ...this.reflectors().map((reflector) => reflector.staleMs()));
  }

  /** False: a watch is dead in a way that only a restart helps. */
  isAlive(): boolean {
    return this.staleMs() < WATCH_STALE_MS;
  }

  async get<T extends KubeObject>(ref: KubeRef): Promise<T | null> {
    const reflectors = this.byKind.get(ref.kind.plural);
    if (reflectors === undefined) return await this.api.get<T>(ref);
    for (const reflector of reflectors) {
      const found = reflector.get(ref.namespace, ref.name);
      if (found !== null) return found as T;
    }
    return null;
  }

  async list<T extends KubeObject>(
    kind: KubeKind,
    namespace: string | null,
    selector: Readonly<Record<string, string>> = {},
  ): Promise<readonly T[]> {
    const reflectors = this.byKind.get(kind.plural);
    if (reflectors === undefined) return await this.api.list<T>(kind, namespace, selector);
    const found: T[] = [];
    for (const reflector of reflectors) {
      for (const object of reflector.all()) {
        const { metadata } = object;
        if (namespace !== null && metadata.namespace !== namespace) continue;
        const matches = Object.entries(selector).every(
          ([name, value]) => metadata.labels?.[name] === value,
        );
        if (matches) found.push(object as T);
      }
    }
    return found;
  }

  private add(scope: WatchScope, { watcher, changed, failed }: WatchedOptions): void {
    const { kind } = scope;
    const reflector = new Reflector<KubeObject>(watcher, scope, {
      changed: (change) => {
        changed(kind, change);
      },
      failed: (error, retryMs) => {
        failed(kind, error, retryMs);
      },
    });
    const known = this.byKind.get(kind.plural) ?? [];
    this.byKind.set(kind.plural, [...known, reflector]);
  }

  private reflectors(): readonly Reflector<KubeObject>[] {
    return [...this.byKind.values()].flat();
  }
}
