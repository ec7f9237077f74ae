// What befalls a ring without a warning: hosts, pods, volumes and the API server are taken away under
// load. No acknowledged write is lost; how long the Service still names who is dead is measured.
import { test } from '@jest/globals';
import { until } from '../live/until.ts';
import type { Pod } from './kube.ts';
import { CHANGE_MS, describeOnCluster, harm, say, TEST_MS } from './on-cluster.ts';

const FORCED = ['delete', '--force', '--grace-period=0'];

describeOnCluster('a ring whose surroundings fail', (scene) => {
  /** How long the Service still names the pod after it died, measured and said. */
  async function namedAfterwards(pod: Pod, die: () => Promise<unknown>): Promise<void> {
    const { podIP } = pod.status;
    const beganMs = performance.now();
    await die();
    await until(
      'the Service forgets the dead pod',
      CHANGE_MS,
      async () => !(await scene.ring.endpoints()).has(podIP!),
      100,
    );
    const seconds = (performance.now() - beganMs) / 1000;
    say(`the Service named the dead pod for ${seconds.toFixed(1)} s`);
  }

  /** A host with a member, the member, and a host from which to look on. */
  async function victim(): Promise<{ host: string; pod: Pod; onlooker: string }> {
    const [pod] = await scene.ring.members();
    const host = pod!.spec.nodeName!;
    const onlooker = (await scene.installed.hosts()).find((other) => other !== host);
    return { host, pod: pod!, onlooker: onlooker! };
  }

  test(
    'loses each pod in turn to kubectl delete pod --force',
    async () => {
      await scene.underLoad(async () => {
        for (const pod of await scene.ring.members()) {
          await namedAfterwards(pod, () =>
            scene.ring.kube.kubectl([...FORCED, 'pod', pod.metadata.name]),
          );
          await scene.ring.untilSettled(CHANGE_MS);
        }
      });
    },
    TEST_MS,
  );

  harm(
    'lives through an API server that is killed in the middle of a change',
    async () => {
      await scene.underLoad(async () => {
        await scene.ring.scale(5);
        await scene.ring.kube.host('api-down');
        await new Promise((again) => setTimeout(again, 10_000));
        await scene.ring.kube.host('api-up');
        await scene.ring.untilSettled(CHANGE_MS);
        await scene.ring.scale(3);
      });
    },
    TEST_MS,
  );

  harm(
    'lives through two hosts that are cut from each other',
    async () => {
      const [first, second, third] = await scene.installed.hosts();
      await scene.underLoad(
        async () => {
          await scene.ring.kube.host('cut', numberOf(first!), numberOf(second!));
          await new Promise((again) => setTimeout(again, 20_000));
          // It ends with 1 where a host had nothing to heal; whether all is well is asked of the ring.
          await scene.ring.kube.host('heal').catch(() => undefined);
        },
        { host: third! },
      );
    },
    TEST_MS,
  );

  harm(
    'lives through a host that loses its power and boots again',
    async () => {
      const { host, pod, onlooker } = await victim();
      await scene.underLoad(
        async () => {
          await namedAfterwards(pod, () => scene.ring.kube.host('halt', numberOf(host)));
          await scene.ring.kube.host('boot', numberOf(host));
          await scene.ring.untilReady(3, CHANGE_MS);
        },
        { host: onlooker },
      );
    },
    TEST_MS,
  );

  harm(
    'replaces the member of a host that is lost for good, with its volume',
    async () => {
      const { host, pod, onlooker } = await victim();
      const before = await scene.ring.uidOfClaim(`data-${pod.metadata.name}`);
      await scene.underLoad(
        async () => {
          await scene.ring.kube.host('halt', numberOf(host));
          await scene.ring.kube.kubectl(['delete', 'node', host]);
          const beganMs = performance.now();
          await until(
            'its claim is given up',
            CHANGE_MS,
            async () => (await scene.ring.uidOfClaim(`data-${pod.metadata.name}`)) !== before,
            500,
          );
          await scene.ring.untilSettled(CHANGE_MS);
          const seconds = (performance.now() - beganMs) / 1000;
          say(`replaced ${seconds.toFixed(0)} s after its host was deleted (replaceAfter: 60 s)`);
        },
        { host: onlooker },
      );
      await scene.ring.kube.host('boot', numberOf(host));
      await until(
        'the host is back',
        CHANGE_MS,
        async () => (await scene.installed.hosts()).includes(host),
        500,
      );
    },
    TEST_MS,
  );

  test(
    'rebuilds a member whose claim and pod were deleted',
    async () => {
      const { pod } = await victim();
      const claim = `data-${pod.metadata.name}`;
      const before = await scene.ring.uidOfClaim(claim);
      await scene.underLoad(async () => {
        await scene.installed.withoutClaimPolicy(async () => {
          await scene.ring.deleteClaim(claim);
          await scene.ring.kube.kubectl([...FORCED, 'pod', pod.metadata.name]);
        });
        await until(
          'the claim is another one',
          CHANGE_MS,
          async () => (await scene.ring.uidOfClaim(claim)) !== before,
          500,
        );
      });
    },
    TEST_MS,
  );
});

/** `host-2` → `2`: what the command that harms hosts calls it. */
const numberOf = (host: string): string => host.replace(/^\D*/, '');
