// The port between the operator's rooms and the API server: few verbs, all with the outcomes that
// matter as values or RingErrors. kube-api.ts speaks to a real API server.

/** Any Kubernetes object; rooms narrow it to what they made. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeMetadata;
}

export interface KubeMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Which kind of object; `plural` is the word in the URL. */
export interface KubeKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** False for hosts, namespaces and other objects of the whole cluster. */
  readonly namespaced: boolean;
}

/** One object by name. */
export interface KubeRef {
  readonly kind: KubeKind;
  readonly namespace: string | null;
  readonly name: string;
}

/** What must still be true when a delete is carried out; the API server checks it. */
export interface Preconditions {
  readonly uid: string;
  readonly resourceVersion?: string;
}

/**
 * Failures are RingErrors: CONFLICT (409: the object moved on, or exists already, or a precondition
 * failed), FORBIDDEN (403: RBAC or an admission policy; the message is the API server's), INVALID
 * (400, 422), NOT_FOUND (404 where an object, its namespace or its kind must be there), UNAUTHORIZED
 * (401), PEER_UNREACHABLE (no answer, 5xx or 429 after the retries: it may have been done).
 */
export interface KubeApi {
  /** A live read, never a cache; null: there is none. */
  get<T extends KubeObject>(ref: KubeRef): Promise<T | null>;
  /** A live list of one namespace, or of all (null), by label selector. */
  list<T extends KubeObject>(
    kind: KubeKind,
    namespace: string | null,
    selector?: Readonly<Record<string, string>>,
  ): Promise<readonly T[]>;
  /** Server-side apply under our one field manager, forced: what we set is ours. */
  apply<T extends KubeObject>(kind: KubeKind, object: T): Promise<T>;
  /** The same for the status subresource. */
  applyStatus<T extends KubeObject>(kind: KubeKind, object: T): Promise<T>;
  create<T extends KubeObject>(kind: KubeKind, object: T): Promise<T>;
  /** Writes the whole object where it still has `metadata.resourceVersion`. */
  replace<T extends KubeObject>(kind: KubeKind, object: T): Promise<T>;
  /** JSON merge patch; with `metadata.resourceVersion` in it, a compare-and-set. */
  patch<T extends KubeObject>(ref: KubeRef, patch: object): Promise<T>;
  /** `absent`: it was gone already. With finalizers or a grace period it goes later. */
  remove(
    ref: KubeRef,
    preconditions: Preconditions,
    /** 0: at once, without waiting for the host's word. Left out: as the object says. */
    graceSeconds?: number,
  ): Promise<'removed' | 'absent'>;
}

/** All objects of a kind at one moment. */
export interface Snapshot<T extends KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** What a watch tells. `bookmark`: nothing happened up to here. `expired`: take a snapshot again. */
export type WatchEvent<T extends KubeObject> =
  | { readonly kind: 'set'; readonly object: T }
  | { readonly kind: 'gone'; readonly object: T }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  | { readonly kind: 'expired' };

/** What is watched: one kind in one namespace, or in all (null), by label selector. */
export interface WatchScope {
  readonly kind: KubeKind;
  readonly namespace: string | null;
  readonly selector?: Readonly<Record<string, string>>;
}

/** The part of the API server that a reflector needs. Failures as of KubeApi. */
export interface KubeWatcher {
  snapshot<T extends KubeObject>(scope: WatchScope, signal: AbortSignal): Promise<Snapshot<T>>;
  /**
   * What happens after `resourceVersion`, in order. Ends when the server ends it, which it does after
   * `seconds`, or when the signal aborts; fails where it is silent for longer than that.
   */
  watch<T extends KubeObject>(
    scope: WatchScope,
    from: { readonly resourceVersion: string; readonly seconds: number },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
}

/** Told of each call of the API server, for metrics. */
export interface KubeObserver {
  /** `code`: the HTTP status, or `silent`. `resource`: the plural. */
  called(call: {
    readonly verb: KubeVerb;
    readonly resource: string;
    readonly code: string;
    readonly ms: number;
  }): void;
}

/** As the API server's own metrics and audit log call them. */
export type KubeVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
