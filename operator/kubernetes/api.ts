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
 * (400, 422), PEER_UNREACHABLE (no answer, 5xx or 429 after the retries).
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
  /** `absent`: it was gone already. */
  remove(ref: KubeRef, preconditions: Preconditions): Promise<'removed' | 'absent'>;
}
