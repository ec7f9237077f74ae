// What is done to a ring in order: no client that tries once more within 250 ms notices anything, and no
// acknowledged write is lost. What the API server refuses is here as well.
import { expect, test } from '@jest/globals';
import { seededRng } from '../../core/rng.ts';
import { until } from '../live/until.ts';
import { FORMER_REVISION } from './images.ts';
import { ENDED_MS } from './kube.ts';
import { CHANGE_MS, describeOnCluster, needing, RING, say, TEST_MS } from './on-cluster.ts';

/** ms within which a change by one member ends. */
const MOMENT_MS_MAX = 12_000;
/** ms within which Kubernetes forgets a claim that the operator has deleted. */
const CLAIMS_MS = 30_000;

const former = needing(
  FORMER_REVISION === null ? 'there is no commit before: a clone without history' : null,
);

describeOnCluster('a ring on a real cluster', (scene) => {
  /** What goes is deleted by the time that the ring rests, and gone soon after. */
  async function expectThreeClaims(): Promise<void> {
    expect(await scene.ring.claims()).toHaveLength(3);
    await scene.ring.untilDeletedAreGone(CLAIMS_MS);
  }

  test(
    'goes from 3 to 6 members and back',
    async () => {
      await scene.gracefully(async () => {
        await scene.ring.scale(6);
        await scene.ring.untilSettled(CHANGE_MS);
        await scene.ring.scale(3);
      });
      // Nothing of the leavers stays behind: their volumes go with their receipts.
      await expectThreeClaims();
    },
    TEST_MS,
  );

  test(
    'changes its mind half way: 3 to 6, then 4, then 3',
    async () => {
      await scene.gracefully(async () => {
        await scene.ring.scale(6);
        await until(
          'the change is under way',
          CHANGE_MS,
          async () => (await scene.ring.object()).status?.ring?.phase !== 'stable',
          200,
        );
        await scene.ring.scale(4);
        await scene.ring.untilSettled(CHANGE_MS);
        await scene.ring.scale(3);
      });
    },
    TEST_MS,
  );

  test(
    'is told 3, 5 and 4 in turn by an autoscaler',
    async () => {
      await scene.gracefully(async () => {
        for (const replicas of [5, 4, 5, 3]) {
          await scene.ring.scaleAs(
            'system:serviceaccount:kube-system:horizontal-pod-autoscaler',
            replicas,
          );
          await new Promise((again) => setTimeout(again, 5_000));
        }
      });
    },
    TEST_MS,
  );

  test(
    'loses each pod in turn to kubectl delete pod',
    async () => {
      await scene.gracefully(async () => {
        for (const { metadata } of await scene.ring.members()) {
          await scene.ring.kube.kubectl(['delete', 'pod', metadata.name, '--wait=true'], {
            timeoutMs: ENDED_MS,
          });
          await scene.ring.untilSettled(CHANGE_MS);
        }
      });
    },
    TEST_MS,
  );

  async function drained(host: string): Promise<void> {
    const flags = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=180s'];
    const members = '--pod-selector=app.kubernetes.io/component=node';
    await scene.ring.kube.kubectl(['drain', host, ...flags, members], { timeoutMs: 200_000 });
    await scene.ring.kube.kubectl(['uncordon', host]);
    await scene.ring.untilSettled(CHANGE_MS);
  }

  test(
    'sees every host drained and put back in turn',
    async () => {
      await scene.gracefully(async () => {
        for (const host of await scene.installed.hosts()) await drained(host);
      });
    },
    TEST_MS,
  );

  test(
    'sees a host with two of its members drained',
    async () => {
      await scene.gracefully(async () => {
        await scene.ring.scale(6);
        await scene.ring.untilSettled(CHANGE_MS);
        const [member] = await scene.ring.members();
        await drained(member!.spec.nodeName!);
        await scene.ring.scale(3);
      });
    },
    TEST_MS,
  );

  /** Under load: every member runs the image, then every one the ring's own again. */
  async function rolledToAndBack(image: string): Promise<void> {
    await scene.gracefully(async () => {
      for (const next of [image, scene.installed.images.ring]) {
        await scene.ring.patch({ image: next });
        await scene.ring.untilImage(next, CHANGE_MS);
        await scene.ring.untilSettled(CHANGE_MS);
      }
    });
  }

  test(
    'is rolled to another image, one member at a time, and back',
    () => rolledToAndBack(scene.installed.images.other),
    TEST_MS,
  );

  former(
    'is rolled back to what the commit before made, and forth again, both on one wire meanwhile',
    () => rolledToAndBack(scene.installed.images.former),
    TEST_MS,
  );

  test(
    'scales while its operator is killed every five seconds',
    async () => {
      await scene.gracefully(async () => {
        await scene.ring.scale(5);
        await scene.installed.killOperatorsAgainAndAgain(6);
        await scene.ring.untilSettled(CHANGE_MS);
        await scene.ring.scale(3);
        await scene.installed.killOperatorsAgainAndAgain(6);
      });
    },
    TEST_MS,
  );

  test(
    'comes to the same end wherever its operator is killed: ten sampled moments',
    async () => {
      const rng = seededRng(7);
      await scene.gracefully(async () => {
        for (let kill = 0; kill < 10; kill++) {
          await scene.ring.scale(kill % 2 === 0 ? 4 : 3);
          const ms = rng.below(MOMENT_MS_MAX);
          await new Promise((again) => setTimeout(again, ms));
          await scene.installed.killOperators();
          await scene.ring.untilSettled(CHANGE_MS);
          say(`killed ${String(ms)} ms into it`);
        }
      });
      await expectThreeClaims();
    },
    TEST_MS,
  );

  test(
    'hands over what is on a claim that was deleted behind its pod, before the pod goes',
    async () => {
      const [member] = await scene.ring.members();
      const claim = `data-${member!.metadata.name}`;
      const before = await scene.ring.uidOfClaim(claim);
      await scene.gracefully(async () => {
        await scene.installed.withoutClaimPolicy(() => scene.ring.deleteClaim(claim));
        await until(
          'the claim is gone',
          CHANGE_MS,
          async () => (await scene.ring.uidOfClaim(claim)) !== before,
          500,
        );
      });
    },
    TEST_MS,
  );

  test(
    'keeps its data through helm upgrade, uninstall and install, and is scaled in after that',
    async () => {
      await scene.gracefully(async () => {
        await scene.ring.scale(4);
        await scene.ring.untilSettled(CHANGE_MS);
        await scene.installed.upgrade();
        await scene.ring.untilSettled(CHANGE_MS);
        await scene.installed.uninstall();
        await scene.installed.install();
        await scene.ring.scale(3);
      });
      await expectThreeClaims();
    },
    TEST_MS,
  );

  test(
    'is refused what would lose data, by the API server, with what to do instead',
    async () => {
      const { kube } = scene.ring;
      const refusals = [
        ['scale', 'statefulset', RING, '--replicas=1'],
        ['patch', 'statefulset', RING, '--type=merge', '-p', '{"spec":{"replicas":1}}'],
        ['delete', 'pvc', `data-${RING}-0`, '--wait=false'],
        ['delete', 'configmap', `${RING}-ring`],
        ['scale', 'dht', RING, '--replicas=2'],
        ['label', 'pvc', `data-${RING}-0`, 'dht.ringkeeper.dev/cluster-uid-'],
      ];
      for (const command of refusals) {
        const answer = await kube.kubectl(command).then(
          () => 'allowed',
          (error: unknown) => String(error),
        );
        process.stderr.write(
          `  kubectl ${command.join(' ')}\n    ${answer.split(': ').slice(-2).join(': ')}\n`,
        );
        expect(answer).toMatch(/denied|invalid|[Ff]orbidden/);
      }
    },
    TEST_MS,
  );
});
