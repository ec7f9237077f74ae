// The StatefulSet of a ring. The operator orders pods itself: they are made all at once (Parallel),
// replaced only when it deletes one (OnDelete), and their claims are never deleted for it.
import type { KubeObject } from '../api.ts';
import { STATEFUL_SETS } from '../kinds.ts';
import { membersAnnotation, NO_MEMBERS, podsOf } from '../members.ts';
import type { Members } from '../members.ts';
import { CLAIM, CLUSTER_UID_LABEL, labelsOf, objectNames, selectorOf } from '../names.ts';
import { pinnedAnnotation } from '../pinned.ts';
import type { Pinned } from '../pinned.ts';
import type { StatefulSet } from '../shapes.ts';
import { CONTAINER, podTemplate } from './pod-template.ts';
import { canonicalBytes } from './quantities.ts';
import { ownedMetadata } from './ring.ts';
import type { Ring } from './ring.ts';

/**
 * As it is first created, without pods: what can never be changed, and of the rest no more than the
 * API server wants. All else is applied, so that whatever is wanted no more goes away again.
 */
export function skeleton(ring: Ring, pinned: Pinned): StatefulSet {
  const whole = statefulSet(ring, { pinned, members: NO_MEMBERS }, undefined);
  const image = ring.spec.image ?? pinned.image;
  return {
    ...whole,
    spec: {
      ...whole.spec,
      template: {
        metadata: { labels: selectorOf(ring.name) },
        spec: { containers: [{ name: CONTAINER, image }] },
      },
    },
  };
}

/**
 * As it should be (`resourceVersion` undefined), or to take the place of what has this version. The
 * claim template is only in the former: it can't be changed, and claims are grown one by one.
 */
export function statefulSet(
  ring: Ring,
  { pinned, members }: { readonly pinned: Pinned; readonly members: Members },
  resourceVersion: string | undefined,
): StatefulSet {
  const names = objectNames(ring.name);
  const { apiVersion, kind } = STATEFUL_SETS;
  const makesClaims = resourceVersion === undefined && !ring.spec.storage.ephemeral;
  return {
    apiVersion,
    kind,
    metadata: {
      ...ownedMetadata(ring, names.members),
      annotations: { ...pinnedAnnotation(pinned), ...membersAnnotation(members) },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: {
      replicas: podsOf(members),
      serviceName: names.peers,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      // Every revision ever made stays readable for whoever looks into a rollout; Kubernetes' default.
      revisionHistoryLimit: 10,
      selector: { matchLabels: selectorOf(ring.name) },
      template: podTemplate(ring, pinned),
      ...(makesClaims ? { volumeClaimTemplates: [claimTemplate(ring)] } : {}),
    },
  };
}

function claimTemplate(ring: Ring): KubeObject {
  const { size, storageClassName } = ring.spec.storage;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: CLAIM,
      labels: { ...labelsOf(ring.name), [CLUSTER_UID_LABEL]: ring.uid },
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      ...(storageClassName === undefined ? {} : { storageClassName }),
      resources: { requests: { storage: canonicalBytes(size) } },
    },
  } as KubeObject;
}
