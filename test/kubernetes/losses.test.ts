// What becomes of members whose volumes are taken from under them: claims deleted by people, hosts that
// are drained for good, hosts that are no more.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KUBE_CORDON_MS } from '../../core/limits.ts';
import { HOSTS } from '../../operator/kubernetes/kinds.ts';
import { describeWithApi } from './on-api-server.ts';
import { NEVER, OperatedRing } from './operated-ring.ts';
import { makeNamespace, makeRing } from './ring-objects.ts';
import { makeHosts } from './small-cluster.ts';

describeWithApi('a member whose volume is taken from under it', (on) => {
  let block = 0;
  let ring: OperatedRing;

  beforeEach(() => makeHosts(on.api));
  afterEach(() => ring.cluster.stop());
  async function founded(spec: object): Promise<void> {
    const namespace = await makeNamespace(on.api);
    await makeRing(on.api, namespace, { slotBits: 4, ...spec });
    ring = new OperatedRing(on.api, namespace, `93.${(block += 1)}`);
    await ring.operate(NEVER);
  }

  const host = (name: string) => ({ kind: HOSTS, namespace: null, name });
  async function takeAway(name: string): Promise<void> {
    const { metadata } = (await on.api.get(host(name)))!;
    await on.api.remove(host(name), { uid: metadata.uid! });
  }
  async function cordon(name: string): Promise<void> {
    const timeAdded = ring.now();
    const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded };
    await on.api.patch(host(name), { spec: { unschedulable: true, taints: [taint] } });
  }
  const serving = (...ordinals: readonly number[]) => ({
    phase: 'stable',
    whole: true,
    receipts: [],
    members: ordinals.map((ordinal) => [`dev-${ordinal}`, 'serving', false]),
  });

  test('hands everything over before its deleted claim goes, so that no copy is ever missing', async () => {
    await founded({ replicas: 3 });
    await ring.doom(1);
    await ring.operate(NEVER);
    expect(await ring.end()).toMatchObject({
      ...serving(0, 2, 3),
      // The StatefulSet makes one for the gap too: nothing was ever written to it.
      claims: ['data-dev-0', 'data-dev-1', 'data-dev-2', 'data-dev-3'],
    });
    expect([ring.gaps, [...ring.told]]).toEqual([[], expect.arrayContaining(['ClaimDeleted'])]);
  }, 120_000);

  test('leaves a host that stays cordoned for one that is free, and no copy is ever missing', async () => {
    await founded({ replicas: 2, replicationFactor: 2 });
    const left = await ring.hostOf(0);
    await cordon(left);
    await ring.operate(NEVER);
    expect(await ring.end()).toMatchObject(serving(0, 1));
    ring.later(KUBE_CORDON_MS);
    await ring.operate(NEVER);
    expect(await ring.end()).toMatchObject(serving(1, 2));
    expect([await ring.hostOf(1), await ring.hostOf(2)]).not.toContain(left);
    expect([ring.gaps, [...ring.told]]).toEqual([[], expect.arrayContaining(['HostCordoned'])]);
  }, 120_000);

  test('is replaced after replaceAfterSeconds once its host is no more', async () => {
    await founded({ replicas: 3, replaceAfterSeconds: 30 });
    await takeAway(await ring.hostOf(1));
    await ring.operate(NEVER, 60);
    expect(await ring.end()).toMatchObject({ phase: 'stable', whole: true, receipts: [] });
    expect(ring.losses).toEqual([]);
    expect([...ring.told]).toContain('VolumeForsaken');
  }, 120_000);

  test('is replaced then wherever the operator is killed until its volume and its pod are given up', async () => {
    await founded({ replicas: 3, replaceAfterSeconds: 10 });
    let position = 0;
    // The pod goes by one more write than the volume.
    for (let further = 2; further > 0; position++) {
      ring.told.clear();
      await takeAway(await ring.hostOfOne());
      await ring.operate(position);
      if (ring.told.has('VolumeForsaken')) further -= 1;
      await ring.operate(NEVER);
      expect([position, await ring.end()]).toMatchObject([
        position,
        { phase: 'stable', whole: true, receipts: [], readyReplicas: 3 },
      ]);
      await makeHosts(on.api);
    }
    expect([position > 4, ring.losses]).toEqual([true, []]);
  }, 600_000);

  test('is waited for where nobody said how long, though its host is no more', async () => {
    await founded({ replicas: 3 });
    await takeAway(await ring.hostOf(1));
    await expect(ring.operate(NEVER)).rejects.toThrow('no end');
    expect(await ring.end()).toMatchObject(serving(0, 1, 2));
  }, 120_000);
});
