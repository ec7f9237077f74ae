// What all parts of one ring's platform work with.
import { RingError } from '../../core/errors.ts';
import type { KubeApi, KubeKind, KubeObject, KubeRef } from './api.ts';
import type { Ring } from './manifests/ring.ts';
import type { Latest } from './pinned.ts';

/** Reads that may be behind: of a watch, or the API server itself. */
export type KubeView = Pick<KubeApi, 'get' | 'list'>;

/** Something that people should know of; becomes an Event of the DhtCluster. */
export interface Happening {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** Repeats of what concerns the same thing are one event; left out: the cluster as a whole. */
  readonly about?: string;
}

export interface Operated {
  readonly ring: Ring;
  /** Live: all that is written is judged by it. */
  readonly api: KubeApi;
  readonly view: KubeView;
  readonly latest: Latest;
  readonly tell: (happening: Happening) => void;
  /** Wall clock of this look, in ms. */
  readonly nowMs: number;
  /** Notes of what isn't watched and was found or put in place, and when; by kind and name. */
  readonly inPlace: Map<string, { readonly note: string; readonly atMs: number }>;
}

export function refIn(
  { namespace }: Pick<Ring, 'namespace'>,
  kind: KubeKind,
  name: string,
): KubeRef {
  return { kind, namespace, name };
}

/**
 * An object of this name belongs to somebody else: to another resource, or to a DhtCluster of the same
 * name whose remains are still being collected. Throws CONFLICT then; nothing is ever taken over.
 */
export function checkOwned(live: KubeObject, { ring }: Pick<Operated, 'ring'>): void {
  const owner = live.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined || owner.uid === ring.uid) return;
  throw new RingError(
    'CONFLICT',
    `${live.kind} ${live.metadata.name} belongs to ${owner.kind} ${owner.name} (${owner.uid}): ` +
      'it has to go first, or this DhtCluster needs another name',
  );
}
