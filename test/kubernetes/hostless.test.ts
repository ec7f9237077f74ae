// Newcomers that no host takes.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CLUSTERS, HOSTS } from '../../operator/kubernetes/kinds.ts';
import { describeWithApi } from './on-api-server.ts';
import { NEVER, OperatedRing } from './operated-ring.ts';
import { makeNamespace, makeRing, RING } from './ring-objects.ts';
import { makeHosts } from './small-cluster.ts';

const named = (prefix: string, ...ordinals: readonly number[]) =>
  ordinals.map((ordinal) => `${prefix}dev-${ordinal}`);

describeWithApi('a newcomer that no host takes', (on) => {
  let block = 0;
  let ring: OperatedRing;
  let namespace: string;

  beforeEach(() => makeHosts(on.api));
  afterEach(() => ring.cluster.stop());

  /** Three members, and then no host takes another pod. */
  async function founded(spec: object): Promise<void> {
    namespace = await makeNamespace(on.api);
    await makeRing(on.api, namespace, { slotBits: 4, replicas: 3, ...spec });
    ring = new OperatedRing(on.api, namespace, `94.${(block += 1)}`);
    await ring.operate(NEVER);
    for (const zone of ['a', 'b', 'c'])
      await on.api.patch(
        { kind: HOSTS, namespace: null, name: `host-${zone}` },
        { spec: { unschedulable: true } },
      );
  }
  const ask = (replicas: number) =>
    on.api.patch({ kind: CLUSTERS, namespace, name: RING }, { spec: { replicas } });
  test.each([
    ['goes, and its claim with it,', { storage: { size: '1Gi' } }, named('data-', 0, 1, 2)],
    ['of a cache goes', { storage: { ephemeral: true } }, []],
  ])(
    '%s when a smaller ring is asked for',
    async (_, spec, claims) => {
      await founded(spec);
      await ask(4);
      await expect(ring.operate(NEVER)).rejects.toThrow('no end');
      expect(await ring.end()).toMatchObject({ pods: named('', 0, 1, 2, 3) });
      await ask(3);
      await ring.operate(NEVER);
      expect(await ring.end()).toMatchObject({
        pods: named('', 0, 1, 2),
        claims,
        whole: true,
      });
    },
    120_000,
  );

  test('is not followed by another one, however long it waits', async () => {
    await founded({ replaceAfterSeconds: 10 });
    await ask(4);
    await expect(ring.operate(NEVER)).rejects.toThrow('no end');
    expect(await ring.end()).toMatchObject({ pods: named('', 0, 1, 2, 3) });
  }, 120_000);
});
