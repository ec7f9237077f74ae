// What a member leaves behind may take its time to go; until then the ring is not said to be at rest.
import { expect, test } from '@jest/globals';
import { RingError } from '../../core/errors.ts';
import type { KubeApi, KubeRef } from '../../operator/kubernetes/api.ts';
import { CLAIMS } from '../../operator/kubernetes/kinds.ts';
import { describeWithApi } from './on-api-server.ts';
import { NEVER, OperatedRing } from './operated-ring.ts';
import { makeNamespace, makeRing, wishFor } from './ring-objects.ts';

/** The API server, out of breath the first times that a claim is to be deleted. */
function slowToDelete(api: KubeApi, times: number): KubeApi {
  let left = times;
  const remove: KubeApi['remove'] = async (ref: KubeRef, ...rest) => {
    if (ref.kind === CLAIMS && left-- > 0) throw new RingError('TIMEOUT', 'the API server is busy');
    return await api.remove(ref, ...rest);
  };
  return { ...api, remove };
}

describeWithApi('a ring that was scaled in', (on) => {
  test('rests once the volume of who left is gone, however often its deletion fails', async () => {
    const namespace = await makeNamespace(on.api);
    await makeRing(on.api, namespace, { replicas: 4, slotBits: 4 });
    const ring = new OperatedRing(slowToDelete(on.api, 5), namespace, '95.1');
    try {
      await ring.operate(NEVER);
      await wishFor(on.api, namespace, { replicas: 3 });
      await ring.operate(NEVER, 0);
      const claims = ['data-dev-0', 'data-dev-1', 'data-dev-2'];
      expect(await ring.end()).toMatchObject({ whole: true, claims });
    } finally {
      await ring.cluster.stop();
    }
  }, 120_000);

  test('leaves no claim behind that was made for a gap, once the gap is gone', async () => {
    const namespace = await makeNamespace(on.api);
    await makeRing(on.api, namespace, { replicas: 5, slotBits: 4 });
    const ring = new OperatedRing(on.api, namespace, '95.2');
    try {
      await ring.operate(NEVER);
      await wishFor(on.api, namespace, { replicas: 4, decommission: ['dev-3'] });
      await ring.operate(NEVER);
      // The StatefulSet makes one for the pod that waits at its gate, between dev-2 and dev-4.
      const present = ['data-dev-0', 'data-dev-1', 'data-dev-2', 'data-dev-3', 'data-dev-4'];
      expect(await ring.end()).toMatchObject({ whole: true, claims: present });
      await wishFor(on.api, namespace, { replicas: 3 });
      await ring.operate(NEVER, 0);
      expect(await ring.end()).toMatchObject({ whole: true, claims: present.slice(0, 3) });
    } finally {
      await ring.cluster.stop();
    }
  }, 120_000);
});
