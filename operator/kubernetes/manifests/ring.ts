// The ring that manifests are made for, and what all of its objects have in common.
import type { ClusterSpec } from '../../../core/api/cluster.ts';
import type { KubeMetadata, OwnerReference } from '../api.ts';
import { CLUSTERS } from '../kinds.ts';
import { labelsOf } from '../names.ts';

/** One DhtCluster as it is stored. */
export interface Ring {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly spec: ClusterSpec;
}

/** Metadata of an object that goes when the DhtCluster goes. */
export function ownedMetadata(ring: Ring, name: string): KubeMetadata {
  return {
    name,
    namespace: ring.namespace,
    labels: labelsOf(ring.name),
    ownerReferences: [ownerOf(ring)],
  };
}

/**
 * The garbage collector removes what this owner left. It doesn't block the owner's own end: that
 * would need a right on finalizers that nothing else of ours needs.
 */
export function ownerOf({ name, uid }: Pick<Ring, 'name' | 'uid'>): OwnerReference {
  const { apiVersion, kind } = CLUSTERS;
  return { apiVersion, kind, name, uid, controller: true };
}
