// What may befall a ring on a real cluster, each under a steady load of eight clients through its
// Service: no acknowledged write is lost, ever; where the event is graceful, no client that tries
// once more within 250 ms notices anything.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../live/until.ts';
import { Installation } from './installation.ts';
import { HOW_TO, e2eSettings, isReady } from './kube.ts';
import type { LoadVerdict } from './load-port.ts';
import { RingUnderLoad } from './ring-under-load.ts';

const settings = e2eSettings();
/** ms: a scale by three members, on three hosts that share two cores. */
const CHANGE_MS = 240_000;
const TEST_MS = 900_000;
const RING = 'ring';

const scenarios = settings === null ? describe.skip : describe;
const harm = settings?.hostFaults == null ? test.skip : test;
if (settings === null) process.stderr.write(`end-to-end scenarios are skipped; ${HOW_TO}\n`);

scenarios('a ring on a real cluster', () => {
  let installed: Installation;
  let ring: RingUnderLoad;

  beforeAll(async () => {
    installed = await Installation.open(settings!);
    ring = new RingUnderLoad(installed.rings, RING, installed.images);
  }, TEST_MS);

  afterEach(async () => {
    await installed.rings.kubectl(['delete', 'pod', 'load', '--ignore-not-found', '--now']);
  });

  afterAll(async () => {
    await installed.close();
  }, TEST_MS);

  /** Runs the act under load; the ring must settle, and every acknowledged write be there. */
  async function underLoad(
    act: () => Promise<void>,
    options: { readonly host?: string } = {},
  ): Promise<LoadVerdict> {
    await ring.startLoad(options);
    await act();
    await ring.untilSettled(CHANGE_MS);
    const verdict = await ring.finishLoad();
    report(verdict);
    expect(verdict.violations).toEqual([]);
    expect(verdict.acknowledged).toBeGreaterThan(100);
    return verdict;
  }

  /** The same for what is done in order: nobody who tries twice sees an error. */
  async function gracefully(act: () => Promise<void>): Promise<void> {
    const verdict = await underLoad(act);
    expect(verdict.givenUp).toEqual([]);
  }

  test(
    'is ready within a minute of its manifest',
    async () => {
      const beganMs = performance.now();
      await ring.create({ replicas: 3, storage: { size: '1Gi' }, replaceAfterSeconds: 60 });
      await ring.untilSettled(CHANGE_MS);
      const seconds = (performance.now() - beganMs) / 1000;
      process.stderr.write(`  manifest to Ready: ${seconds.toFixed(1)} s\n`);
      expect(seconds).toBeLessThan(60);
    },
    TEST_MS,
  );

  test(
    'goes from 3 to 6 members and back',
    async () => {
      await gracefully(async () => {
        await ring.scale(6);
        await ring.untilSettled(CHANGE_MS);
        await ring.scale(3);
      });
      // Nothing of the leavers stays behind: their volumes go with their receipts.
      expect(await ring.claims()).toHaveLength(3);
    },
    TEST_MS,
  );

  test(
    'changes its mind half way: 3 to 6, then 4, then 3',
    async () => {
      await gracefully(async () => {
        await ring.scale(6);
        await until(
          'the change is under way',
          CHANGE_MS,
          async () => (await ring.object()).status?.ring?.phase !== 'stable',
          200,
        );
        await ring.scale(4);
        await ring.untilSettled(CHANGE_MS);
        await ring.scale(3);
      });
    },
    TEST_MS,
  );

  test(
    'is told 3, 5 and 4 in turn by an autoscaler',
    async () => {
      await gracefully(async () => {
        for (const replicas of [5, 4, 5, 3]) {
          await ring.scaleAs(
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
      await gracefully(async () => {
        for (const { metadata } of await ring.members()) {
          await ring.kube.kubectl(['delete', 'pod', metadata.name, '--wait=true']);
          await ring.untilSettled(CHANGE_MS);
        }
      });
    },
    TEST_MS,
  );

  test(
    'loses each pod in turn to kubectl delete pod --force',
    async () => {
      await underLoad(async () => {
        for (const { metadata } of await ring.members()) {
          await ring.kube.kubectl(['delete', 'pod', metadata.name, '--force', '--grace-period=0']);
          await ring.untilSettled(CHANGE_MS);
        }
      });
    },
    TEST_MS,
  );

  test(
    'sees every host drained and put back in turn',
    async () => {
      await gracefully(async () => {
        for (const host of await installed.hosts()) {
          await ring.kube.kubectl(
            [
              'drain',
              host,
              '--ignore-daemonsets',
              '--delete-emptydir-data',
              '--force',
              '--timeout=180s',
              '--pod-selector=app.kubernetes.io/component=node',
            ],
            { timeoutMs: 200_000 },
          );
          await ring.kube.kubectl(['uncordon', host]);
          await ring.untilSettled(CHANGE_MS);
        }
      });
    },
    TEST_MS,
  );

  test(
    'is rolled to another image, one member at a time, and back',
    async () => {
      await gracefully(async () => {
        await ring.patch({ image: installed.images.other });
        await ring.untilImage(installed.images.other, CHANGE_MS);
        await ring.untilSettled(CHANGE_MS);
        await ring.patch({ image: installed.images.ring });
        await ring.untilImage(installed.images.ring, CHANGE_MS);
      });
    },
    TEST_MS,
  );

  test(
    'is restarted on request, and any member is taken out on request',
    async () => {
      await gracefully(async () => {
        await ring.patch({ restartedAt: new Date().toISOString() });
        await ring.untilRestarted(CHANGE_MS);
        await ring.scale(4);
        await ring.untilSettled(CHANGE_MS);
        await ring.patch({ replicas: 3, decommission: [`${RING}-1`] });
        await ring.untilSettled(CHANGE_MS);
        await ring.patch({ decommission: [] });
      });
    },
    TEST_MS,
  );

  test(
    'scales while its operator is killed every five seconds',
    async () => {
      await gracefully(async () => {
        await ring.scale(5);
        await installed.killOperators(6);
        await ring.untilSettled(CHANGE_MS);
        await ring.scale(3);
        await installed.killOperators(6);
      });
    },
    TEST_MS,
  );

  test(
    'keeps its data through helm upgrade, uninstall and install',
    async () => {
      await gracefully(async () => {
        await installed.upgrade();
        await ring.untilSettled(CHANGE_MS);
        await installed.uninstall();
        await installed.install();
      });
    },
    TEST_MS,
  );

  test(
    'is refused what would lose data, by the API server, with what to do instead',
    async () => {
      const { kube } = ring;
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

  harm(
    'lives through an API server that is killed in the middle of a change',
    async () => {
      await underLoad(async () => {
        await ring.scale(5);
        await ring.kube.host('api-down');
        await new Promise((again) => setTimeout(again, 10_000));
        await ring.kube.host('api-up');
        await ring.untilSettled(CHANGE_MS);
        await ring.scale(3);
      });
    },
    TEST_MS,
  );

  harm(
    'lives through two hosts that are cut from each other',
    async () => {
      const [first, second, third] = await installed.hosts();
      await underLoad(
        async () => {
          await ring.kube.host('cut', numberOf(first!), numberOf(second!));
          await new Promise((again) => setTimeout(again, 20_000));
          // It ends with 1 where a host had nothing to heal; whether all is well is asked of the ring.
          await ring.kube.host('heal').catch(() => undefined);
        },
        { host: third! },
      );
    },
    TEST_MS,
  );

  harm(
    'lives through a host that loses its power and boots again',
    async () => {
      const [first, , third] = await installed.hosts();
      await underLoad(
        async () => {
          await ring.kube.host('halt', numberOf(first!));
          await new Promise((again) => setTimeout(again, 30_000));
          await ring.kube.host('boot', numberOf(first!));
          await until(
            'all members are ready',
            CHANGE_MS,
            async () => (await ring.members()).filter(isReady).length === 3,
            500,
          );
        },
        { host: third! },
      );
    },
    TEST_MS,
  );

  test(
    'ends with its namespace',
    async () => {
      await installed.rings.destroy(180_000);
    },
    TEST_MS,
  );
});

/** `host-2` → `2`: what the command that harms hosts calls it. */
const numberOf = (host: string): string => host.replace(/^\D*/, '');

/** One line for people: how long nobody was served, and what clients saw. */
function report({
  seconds,
  calls,
  acknowledged,
  failures,
  givenUp,
  longestGapMs,
}: LoadVerdict): void {
  const codes = new Map<string, number>();
  for (const { code } of failures) codes.set(code, (codes.get(code) ?? 0) + 1);
  process.stderr.write(
    `  ${seconds.toFixed(0)} s, ${String(calls)} calls, ${String(acknowledged)} writes acknowledged; ` +
      `first tries that failed: ${[...codes].map(([code, n]) => `${String(n)} ${code}`).join(', ') || 'none'}; ` +
      `given up: ${String(givenUp.length)}; longest time without an answer: ${longestGapMs.toFixed(0)} ms\n`,
  );
}
