// What people ask of a ring beyond another size: by kubectl dht, and by the fields of its spec.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DESK, keep, openBrowser, see, whyNoBrowser } from '../browser/chromium.ts';
import { until } from '../live/until.ts';
import { CHANGE_MS, describeOnCluster, needing, RING, say, TEST_MS } from './on-cluster.ts';
import { Plugin } from './plugin.ts';
import { forwarded } from './port-forward.ts';

const seen = needing(whyNoBrowser);

/** ms within which the operator has taken notice of a wish. */
const TOLD_MS = 30_000;
/** Keys that nobody writes to while the ring sleeps. */
const KEPT = Array.from({ length: 100 }, (_, i) => `kept/${String(i)}`);

interface Plan {
  readonly members: readonly { readonly id: string; readonly gets: { readonly slots: number } }[];
}
interface Line {
  readonly node: string;
  readonly message: string;
  readonly fields: { readonly requestId?: string };
}
const linesIn = (log: string): readonly Line[] =>
  log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

interface RingView {
  readonly epoch: number;
  readonly members: readonly { readonly id: string; readonly slotsReplicated: number }[];
}

describeOnCluster(
  'a ring that is asked for this and that',
  (scene) => {
    let plugin: Plugin;
    beforeAll(() => {
      plugin = new Plugin();
    });
    afterAll(() => {
      plugin.remove();
    });

    const dht = (...words: readonly string[]) => plugin.run(scene.ring.kube, ...words);
    const ringAsTold = async () => JSON.parse((await dht('ring', '-o', 'json')).out) as RingView;
    const uidsOfPods = async () => (await scene.ring.members()).map(({ metadata }) => metadata.uid);

    /** One whose host has another member: the only one of a zone is refused to leave. */
    async function spareMember(): Promise<string> {
      const pods = await scene.ring.members();
      const spare = pods.find(({ spec }, index) =>
        pods.slice(index + 1).some((other) => other.spec.nodeName === spec.nodeName),
      );
      return spare!.metadata.name;
    }

    /** Lines of the members' logs; none where a host does not tell them just now. */
    const linesTold = async (...words: readonly string[]): Promise<readonly Line[]> =>
      dht('logs', ...words, '-o', 'json').then(
        ({ out }) => linesIn(out),
        () => [],
      );

    const startsIn = (log: string, member: string): number =>
      log.split(`INFO  ${member} listening `).length - 1;

    /** Hosts that share one folder of logs clear away each other's, so that the beginning of one may be lost. */
    const isStartTold = async (member: string): Promise<boolean> => {
      const log = await scene.ring.kube.kubectl(['logs', member]).catch(() => '');
      return log.includes('"msg":"listening"');
    };

    test(
      'is told of by kubectl dht as it is, and scaled to what its plan said',
      async () => {
        await scene.gracefully(async () => {
          const { out: status } = await dht('status');
          expect(status).toMatch(
            /^ring {2}http:\S+ {2}epoch \d+, stable; 3 of 3 serve, N=3 R=2 W=2/,
          );
          for (const { metadata } of await scene.ring.members())
            expect(status).toContain(metadata.name);
          expect((await dht('why', RING)).out).toMatch(/^ring waits for nothing$/m);
          expect((await dht('ring', 'check')).out).toMatch(/^all members agree on epoch \d+$/m);
          const plan = await dht('plan', '--replicas', '4', '-o', 'json');
          const { members: planned } = JSON.parse(plan.out) as Plan;
          const scaled = await dht('scale', '4', '--wait');
          expect(scaled.err).toMatch(/asks for 4 members now\n(.*\n)*done in .*, epoch \d+/);
          const ring = await ringAsTold();
          const gets = planned.find(({ id }) => id === `${RING}-3`)?.gets.slots;
          const holds = ring.members.find(({ id }) => id === `${RING}-3`)?.slotsReplicated;
          expect(holds).toBeGreaterThan(0);
          expect(holds).toBe(gets);
        });
      },
      TEST_MS,
    );

    test(
      'does nothing while kubectl dht has paused it, says so, and goes on: one certain member leaves',
      async () => {
        let left: readonly string[] = [];
        await scene.gracefully(async () => {
          await dht('scale', '4', '--wait');
          await dht('pause', '--wait');
          const { epoch } = await ringAsTold();
          const member = await spareMember();
          await dht('decommission', member);
          await dht('scale', '3');
          await until('it says why it waits', TOLD_MS, async () =>
            (await dht('why')).out.includes(`The cluster is paused: leave ${member} waits`),
          );
          expect((await ringAsTold()).epoch).toBe(epoch);
          expect(await scene.ring.members()).toHaveLength(4);
          expect((await dht('resume', '--wait')).err).toMatch(/done in .*, epoch \d+/);
          left = (await ringAsTold()).members.map(({ id }) => id);
          expect(left).toHaveLength(3);
          expect(left).not.toContain(member);
          await dht('decommission', member, '--undo');
        });
        await scene.ring.untilVolumesOf(left, TOLD_MS);
      },
      TEST_MS,
    );

    test(
      'is restarted by kubectl dht, every member once; its logs tell of each, and of each request',
      async () => {
        await scene.gracefully(async () => {
          const before = await uidsOfPods();
          const follow = ['logs', '--follow', '--since', '1s', '-l', 'info'];
          const heard = await plugin.during(scene.ring.kube, follow, async (said) => {
            await dht('restart', '--wait');
            await until('every start is heard that its host tells of', TOLD_MS, async () => {
              const missing = [];
              for (const { metadata } of await scene.ring.members())
                if (startsIn(said(), metadata.name) === 0) missing.push(metadata.name);
              const told = await Promise.all(missing.map(isStartTold));
              return missing.length < 3 && !told.includes(true);
            });
          });
          const after = await scene.ring.members();
          expect(after).toHaveLength(3);
          expect(after.filter(({ metadata }) => before.includes(metadata.uid))).toEqual([]);
          for (const { metadata } of after)
            expect(startsIn(heard, metadata.name)).toBeLessThanOrEqual(1);
          // A request that a second member worked on, from its first line to its answer; the last one may
          // be under way, and hosts may forget what was logged a while ago.
          await until('a request is told by two, with its answer', TOLD_MS, async () => {
            const lines = await linesTold('-l', 'debug');
            const over = lines.findLast(({ message }) => message.includes('handed over'));
            const id = over?.fields.requestId;
            if (id === undefined) return false;
            const about = await linesTold('--request', id);
            expect(about.filter(({ fields }) => fields.requestId !== id)).toEqual([]);
            const isAnswered = about.some(({ message }) => message === 'request answered');
            return isAnswered && new Set(about.map(({ node }) => node)).size > 1;
          });
        });
      },
      TEST_MS,
    );

    seen(
      'shows in its console, through port-forward, how it grows, and takes no change from there',
      async () => {
        await scene.gracefully(async () => {
          const console = { service: 'ringkeeper-operator', port: 8085 };
          await forwarded(scene.installed.kube, console, watchItGrow);
          await scene.ring.scale(3);
        });
      },
      TEST_MS,
    );

    async function watchItGrow(port: number): Promise<void> {
      const address = `http://localhost:${String(port)}/`;
      const browser = await openBrowser();
      try {
        const { page, complaints } = await see(browser, address, DESK);
        const patience = { timeout: CHANGE_MS };
        await page.locator('.status h1', { hasText: 'Safe' }).waitFor(patience);
        await page.getByText('read-only').waitFor();
        const ring = encodeURIComponent(`${scene.ring.kube.namespace}/${RING}`);
        const path = `${address}api/rings/${ring}/replicas`;
        const change = await fetch(path, { method: 'PUT', body: '{"replicas":5}' });
        expect(change.status).toBe(403);
        expect(await change.text()).toContain('this console only shows; console.changes of the');
        await dht('scale', '4');
        await page.locator('.operation').waitFor(patience);
        await keep(page, 'kubernetes-scale-out');
        await until('the page shows four that serve', CHANGE_MS, async () => {
          return (await page.locator('.member.serving').count()) === 4;
        });
        const news = page.locator('.news', { hasText: /join ring-\d: ended at epoch/ });
        await news.waitFor(patience);
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
      }
    }

    test(
      'sleeps without a pod and wakes with every acknowledged write, on the same volumes',
      async () => {
        const verdict = await scene.underLoad(async () => {
          await scene.ring.batch(KEPT.map((key) => ({ op: 'put', key, value: `value of ${key}` })));
          const kept = await scene.ring.batch(KEPT.map((key) => ({ op: 'get', key })));
          const before = await scene.ring.claims();
          await dht('hibernate', '--wait');
          expect(await scene.ring.members()).toEqual([]);
          expect(await scene.ring.claims()).toEqual(before);
          expect((await dht('why')).out).toContain('All members are stopped');
          await dht('wake', '--wait');
          await scene.ring.untilSettled(CHANGE_MS);
          expect(await scene.ring.batch(KEPT.map((key) => ({ op: 'get', key })))).toEqual(kept);
          expect(await scene.ring.claims()).toEqual(before);
        });
        say(`asleep and awake again: ${verdict.longestGapMs.toFixed(0)} ms without an answer`);
      },
      TEST_MS,
    );

    test(
      'has its volumes grown while it serves, a newcomer’s too; no pod is restarted for it',
      async () => {
        await scene.gracefully(async () => {
          const before = await uidsOfPods();
          const atSize = await scene.ring.condition('VolumesResizing');
          await scene.ring.patch({ storage: { size: '2Gi' } });
          // They may have grown before anybody looks; that it was told stays to be seen.
          await until(
            'it was told that volumes grow, and that they have grown',
            CHANGE_MS,
            async () => {
              const now = await scene.ring.condition('VolumesResizing');
              return (
                now?.status === 'False' && now.lastTransitionTime !== atSize?.lastTransitionTime
              );
            },
          );
          expect(await scene.ring.volumeSizes()).toEqual(['2Gi', '2Gi', '2Gi']);
          await scene.ring.untilSettled(CHANGE_MS);
          expect(await uidsOfPods()).toEqual(before);
          expect((await dht('why')).out).toMatch(/^ring waits for nothing$/m);
          await scene.ring.scale(4);
          await scene.ring.untilSettled(CHANGE_MS);
          await until('the newcomer has as much', CHANGE_MS, async () => {
            const sizes = await scene.ring.volumeSizes();
            return sizes.length === 4 && sizes.every((size) => size === '2Gi');
          });
          await scene.ring.scale(3);
        });
        const smaller = scene.ring.patch({ storage: { size: '1Gi' } });
        await expect(smaller).rejects.toThrow(/storage\.size can only grow; put it back/);
      },
      TEST_MS,
    );
  },
  { logLevel: 'debug' },
);
