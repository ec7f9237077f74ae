// The operator is killed before every write of a scale-out, a scale-in and a replacement, one position
// after the other; its successor knows nothing but what is stored, and must come to the same end.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RingDocument } from '../../core/api/ring-document.ts';
import type { KubeApi, KubeObject } from '../../operator/kubernetes/api.ts';
import { documentIn } from '../../operator/kubernetes/document-map.ts';
import {
  CLAIMS,
  CLUSTERS,
  CONFIG_MAPS,
  PODS,
  STATEFUL_SETS,
} from '../../operator/kubernetes/kinds.ts';
import { kubeApi } from '../../operator/kubernetes/kube-api.ts';
import { KubernetesPlatform } from '../../operator/kubernetes/platform.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import type {
  Claim,
  ClusterObject,
  ConfigMap,
  Pod,
  StatefulSet,
} from '../../operator/kubernetes/shapes.ts';
import { pass } from '../../operator/loop.ts';
import { plan } from '../../operator/planner/plan.ts';
import { RingError } from '../../core/errors.ts';
import { wake } from '../../operator/wake.ts';
import { describeOnApiServer, startApiServer } from './api-server.ts';
import type { ApiServer } from './api-server.ts';
import { IdealPods } from './ideal-pods.ts';
import { Killed, mortalApi } from './mortal-api.ts';
import { makeNamespace, makeRing, RING, wishFor } from './ring-objects.ts';
import { makeHosts, SmallCluster } from './small-cluster.ts';

/** Passes within which everything here comes to rest. */
const PASSES_MAX = 150;
const NEVER = Number.POSITIVE_INFINITY;

class OperatedRing {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly pods = new IdealPods();
  readonly cluster: SmallCluster;
  /** Slots of which fewer copies were left than W, at any moment. */
  readonly losses: string[] = [];
  private claims = new Set<string>();

  constructor(api: KubeApi, namespace: string, block: string) {
    this.api = api;
    this.namespace = namespace;
    this.cluster = new SmallCluster({ api, namespace, block, launch: this.pods.launch });
  }

  /** Works until nothing is left to do, or until the operator is killed; the writes it made. */
  async operate(writesMax: number): Promise<{ readonly writes: number; readonly killed: boolean }> {
    const mortal = mortalApi(this.api, writesMax);
    const platform = new KubernetesPlatform({
      namespace: this.namespace,
      name: RING,
      api: mortal.api,
      view: mortal.api,
      latest: { template: 1, image: 'ringkeeper' },
      wake: wake(),
      tell: () => undefined,
      isolated: true,
      readsHosts: true,
    });
    let idle = 0;
    for (let passes = 0; passes < PASSES_MAX; passes++) {
      try {
        const answer = await pass(platform, plan);
        const isIdle = answer?.action.kind === 'none' && answer.waits.length === 0;
        idle = isIdle ? idle + 1 : 0;
      } catch (error) {
        if (error instanceof Killed) return { writes: mortal.writes(), killed: true };
        if (!(error instanceof RingError)) throw error;
      }
      await this.cluster.round();
      await this.judge();
      if (idle > 2) return { writes: mortal.writes(), killed: false };
    }
    throw new Error(`no end after ${PASSES_MAX} passes: ${JSON.stringify(await this.end())}`);
  }

  /** The claim of a member is deleted, and its pod with it. */
  async wipe(ordinal: number): Promise<void> {
    const name = `data-${RING}-${ordinal}`;
    const ref = { kind: CLAIMS, namespace: this.namespace, name };
    const claim = await this.api.get<Claim>(ref);
    await this.api.remove(ref, { uid: claim!.metadata.uid! });
    await this.cluster.crash(`${RING}-${ordinal}`);
    await this.cluster.round();
    await this.judge();
  }

  /** What is left when nothing is to be done any more; names that are drawn anew left out. */
  async end(): Promise<object> {
    const document = await this.document();
    const listed = (all: readonly KubeObject[]): string[] =>
      all.map(({ metadata }) => metadata.name).sort();
    const set = await this.api.get<StatefulSet>(this.ref(STATEFUL_SETS, RING));
    const ring = await this.api.get<ClusterObject>(this.ref(CLUSTERS, RING));
    const conditions = (ring?.status?.conditions ?? []) as { type: string; status: string }[];
    return {
      phase: document?.phase,
      members: document?.members.map(({ id, state, lost }) => [id, state, lost]),
      receipts: document?.receipts,
      uncleaned: document?.uncleaned,
      pods: listed(await this.api.list<Pod>(PODS, this.namespace)),
      claims: listed(await this.api.list<Claim>(CLAIMS, this.namespace)),
      replicas: set?.spec.replicas,
      running: set?.metadata.annotations?.['dht.ringkeeper.dev/members'],
      whole: document !== null && this.pods.isWhole(document),
      holding: conditions.filter(({ status }) => status === 'True').map(({ type }) => type),
      readyReplicas: ring?.status?.readyReplicas,
    };
  }

  private async judge(): Promise<void> {
    const claims = await this.api.list<Claim>(CLAIMS, this.namespace);
    const present = new Set(claims.map(({ metadata }) => metadata.uid!));
    for (const uid of this.claims) if (!present.has(uid)) this.pods.destroy(uid);
    this.claims = present;
    const document = await this.document();
    if (document === null) return;
    const { slotBits, current } = document;
    const short = this.pods.copies(document).filter((copies) => copies < current.writeQuorum);
    const isFounded = this.pods.copies(document).some((copies) => copies > 0);
    if (isFounded && short.length > 0)
      this.losses.push(
        `epoch ${document.epoch}: ${short.length} of ${1 << slotBits} slots: ${this.pods.holders()}`,
      );
  }

  private async document(): Promise<RingDocument | null> {
    return documentIn(await this.api.get<ConfigMap>(this.ref(CONFIG_MAPS, `${RING}-ring`)));
  }

  private ref(kind: typeof CLAIMS, name: string) {
    return { kind, namespace: this.namespace, name };
  }
}

describeOnApiServer('killed before every write to a real API server', () => {
  let server: ApiServer;
  let config: PooledKubeConfig;
  let api: KubeApi;
  let block = 0;

  beforeAll(async () => {
    server = await startApiServer(['crds/dhtcluster.yaml']);
    config = PooledKubeConfig.load(server.kubeconfig);
    api = kubeApi(config);
    await makeHosts(api);
  }, 120_000);

  afterAll(async () => {
    await config.close();
    await server.stop();
  });

  const founded = async (replicas: number): Promise<OperatedRing> => {
    const namespace = await makeNamespace(api);
    await makeRing(api, namespace, { replicas, slotBits: 4 });
    const ring = new OperatedRing(api, namespace, `91.${(block += 1)}`);
    await ring.operate(NEVER);
    return ring;
  };

  const wish = (replicas: number) => async (ring: OperatedRing) => {
    await wishFor(api, ring.namespace, { replicas });
  };

  /** Each scenario begins where it ends: there and back, so that one ring serves all positions. */
  describe.each([
    ['a scale-out', wish(5), wish(3)],
    ['a scale-in', wish(3), wish(5)],
    ['a replacement', (ring: OperatedRing) => ring.wipe(1), () => Promise.resolve()],
  ] as const)('%s', (what, change, back) => {
    test('comes to the same end wherever the operator is killed', async () => {
      const ring = await founded(what === 'a scale-in' ? 5 : 3);
      try {
        await change(ring);
        await ring.operate(NEVER);
        const wanted = await ring.end();
        expect(wanted).toMatchObject({ phase: 'stable', whole: true, receipts: [] });
        let position = 0;
        for (let killed = true; killed; position++) {
          await back(ring);
          await ring.operate(NEVER);
          await change(ring);
          ({ killed } = await ring.operate(position));
          await ring.operate(NEVER);
          expect([position, await ring.end()]).toEqual([position, wanted]);
        }
        expect(ring.losses).toEqual([]);
        expect(position).toBeGreaterThan(10);
        if (process.env.TELL_POSITIONS) process.stderr.write(`${what}: ${position} positions\n`);
      } finally {
        await ring.cluster.stop();
      }
    }, 900_000);
  });
});
