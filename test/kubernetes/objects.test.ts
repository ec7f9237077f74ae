// The objects of a ring at a real API server: it takes them as they are, and applying them again changes
// nothing, so that an operator at rest writes nothing.
import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../operator/kubernetes/api.ts';
import { STATEFUL_SETS } from '../../operator/kubernetes/kinds.ts';
import { statefulSet } from '../../operator/kubernetes/manifests/stateful-set.ts';
import { outfitOf } from '../../operator/kubernetes/outfit.ts';
import { ringOf } from '../operator/kubernetes/rings.ts';
import { describeWithApi } from './on-api-server.ts';

const EVERYTHING = {
  replicas: 5,
  image: 'registry.example.com/ringkeeper:1.2.3',
  storage: { size: '1025Mi', storageClassName: 'fast' },
  resources: { requests: { cpu: 1, memory: '1Gi' }, limits: { cpu: '1500m', memory: '2048Mi' } },
  topology: { zoneKey: 'example.com/rack', spread: 'required' },
  podTemplate: {
    labels: { team: 'storage', 'example.com/tier': '' },
    annotations: { note: 'any text: ä' },
    nodeSelector: { disk: 'nvme' },
    tolerations: [
      { key: 'dedicated', value: 'storage', effect: 'NoSchedule' },
      { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 },
    ],
    imagePullSecrets: ['registry', 'another.one'],
  },
};

describeWithApi('the objects of a ring at a real API server', (on) => {
  test.each([
    ['of defaults', {}],
    ['with everything set', EVERYTHING],
    ['in memory', { storage: { ephemeral: true } }],
  ])('%s are taken as they are, and the second time nothing changes', async (title, spec) => {
    const ring = ringOf(spec, title.replaceAll(' ', '-'), 'default');
    const pinned = { template: 1, image: 'ringkeeper:0.1.0', restartedAt: '' };
    const members = { replicas: ring.spec.replicas, held: [], asleep: false };
    const objects = [
      ...outfitOf({ ring }, true),
      [STATEFUL_SETS, statefulSet(ring, { pinned, members }, undefined)] as const,
    ];
    for (const [kind, object] of objects) {
      const first = await on.api.apply<KubeObject>(kind, object);
      const again = await on.api.apply<KubeObject>(kind, object);
      expect([kind.kind, again.metadata.resourceVersion]).toEqual([
        kind.kind,
        first.metadata.resourceVersion,
      ]);
      expect(again).toMatchObject(asStored(object));
    }
  });
});

/** What must come back: an empty text is as good as none. */
function asStored({ metadata, ...rest }: KubeObject): object {
  const { ownerReferences, ...others } = metadata;
  expect(ownerReferences).toHaveLength(1);
  const text = JSON.stringify({ ...rest, metadata: others }, (_, value: unknown) =>
    value === '' ? undefined : value,
  );
  return JSON.parse(text) as object;
}
