// The objects of a ring of five, as the operator makes them, for tests of what may be done to them.
import { incarnation } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { recordReceipts } from '../../core/membership/upkeep.ts';
import { statefulSet } from '../../operator/kubernetes/manifests/stateful-set.ts';
import { NO_MEMBERS } from '../../operator/kubernetes/members.ts';
import { CLUSTER_UID_LABEL, labelsOf } from '../../operator/kubernetes/names.ts';
import type { StatefulSet } from '../../operator/kubernetes/shapes.ts';
import { after, edit, finished, founded } from '../core/membership/founded.ts';
import { ringOf } from '../operator/kubernetes/rings.ts';

export const ring = ringOf({ replicas: 5 });
const pinned = { template: 1, image: 'ringkeeper:dev', restartedAt: '' };
export const five = founded(['0', '1', '2', '3', '4']);

/** Five members; those of these ordinals have left, with receipts. */
export function documentWithout(...ordinals: readonly number[]): RingDocument {
  const names = ['0', '1', '2', '3', '4'];
  const stay = names.filter((name) => !ordinals.includes(Number(name)));
  if (stay.length === names.length) return five;
  const document = finished(names, stay);
  const receipts = ordinals.map((ordinal) => ({
    id: document.members.find(({ id }) => id === `dev-${ordinal}`)!.id,
    incarnation: incarnation(String(ordinal)),
    change: document.settled!.change,
    epoch: document.epoch,
    volume: `volume-${ordinal}`,
  }));
  return edit(recordReceipts(document, receipts, after(document)));
}

export const claim = (
  ordinal: number,
  annotations: Record<string, string> = {},
  more: object = {},
) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: {
    name: `data-dev-${ordinal}`,
    namespace: ring.namespace,
    labels: { ...labelsOf(ring.name), [CLUSTER_UID_LABEL]: ring.uid },
    annotations,
    ...more,
  },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
});

export const cluster = {
  apiVersion: 'dht.ringkeeper.dev/v1alpha1',
  kind: 'DhtCluster',
  metadata: { name: 'dev', namespace: ring.namespace },
  spec: { replicas: 5 },
};

/** Its StatefulSet with so many pods. */
export const members = (replicas: number, more: object = {}, of = ring): StatefulSet =>
  statefulSet(of, { pinned, members: { ...NO_MEMBERS, replicas, ...more } }, undefined);
