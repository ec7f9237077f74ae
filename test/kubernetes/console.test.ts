// The console beside an operator on a real API server: what it shows comes from the API and the members, what
// it changes is what the API server grants to the caller's own token.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { request } from 'undici';
import type { OpenConsole } from '../../operator/console-place.ts';
import { openConsole } from '../../operator/console/server.ts';
import type { RingState } from '../../operator/console/view.ts';
import type { KubeApi } from '../../operator/kubernetes/api.ts';
import { kubernetesPlace } from '../../operator/kubernetes/console.ts';
import { CLUSTERS } from '../../operator/kubernetes/kinds.ts';
import { kubeApi } from '../../operator/kubernetes/kube-api.ts';
import { KubernetesPlatform } from '../../operator/kubernetes/platform.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import type { ClusterObject } from '../../operator/kubernetes/shapes.ts';
import { userAccess } from '../../operator/kubernetes/user-access.ts';
import { reconcile } from '../../operator/loop.ts';
import { plan } from '../../operator/planner/plan.ts';
import { wake } from '../../operator/wake.ts';
import { Listener } from '../operator/console/listener.ts';
import { describeOnApiServer, startApiServer } from './api-server.ts';
import type { ApiServer } from './api-server.ts';
import { realNodes } from './real-nodes.ts';
import { makeNamespace, makeRing, RING } from './ring-objects.ts';
import { makeHosts, SmallCluster } from './small-cluster.ts';

const SLOW_MS = 120_000;

describeOnApiServer('the console on Kubernetes', () => {
  let server: ApiServer;
  let config: PooledKubeConfig;
  let api: KubeApi;
  let namespace: string;
  let ring: string;
  let shown: OpenConsole;
  let origin: string;
  const tokens = { may: '', mayNot: '' };
  const ending = new AbortController();
  const cleanUps: (() => Promise<unknown> | undefined)[] = [];

  beforeAll(async () => {
    server = await startApiServer(['crds/dhtcluster.yaml']);
    config = PooledKubeConfig.load(server.kubeconfig);
    api = kubeApi(config);
    await makeHosts(api);
    namespace = await makeNamespace(api);
    ring = `${namespace}/${RING}`;
    // Members of this test cannot find one another: no DNS knows their names.
    await makeRing(api, namespace, {
      replicas: 1,
      replicationFactor: 1,
      consistency: { read: 1, write: 1 },
    });
    runRing();
    await grantTokens();
    const ca = config.getCurrentCluster()!;
    const trusted =
      ca.caData === undefined
        ? readFileSync(ca.caFile!, 'utf8')
        : Buffer.from(ca.caData, 'base64').toString();
    const place = kubernetesPlace({
      api,
      view: api,
      namespaces: null,
      readsHosts: true,
      accessOfUser: (token) =>
        Promise.resolve(userAccess({ server: server.origin, ca: trusted }, token)),
    });
    shown = await openConsole(place, { port: 0, orAny: false });
    origin = `http://127.0.0.1:${shown.port}`;
  }, SLOW_MS);

  afterAll(() => shown.close());
  afterAll(async () => {
    ending.abort();
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }, SLOW_MS);
  // Whatever failed before it: Jest would wait for what is left.
  afterAll(() => config.close());
  afterAll(() => server.stop());

  /** The controllers, the members and the operator's loop, until the end. */
  function runRing(): void {
    const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-console-'));
    cleanUps.push(() => {
      rmSync(folder, { recursive: true, force: true });
      return undefined;
    });
    const bell = wake();
    const cluster = new SmallCluster({
      api,
      namespace,
      block: '91.1',
      launch: realNodes(api, folder),
      turned: () => {
        bell.ring();
      },
    });
    cluster.start();
    cleanUps.push(() => cluster.stop());
    const platform = new KubernetesPlatform({
      namespace,
      name: RING,
      api,
      view: api,
      latest: { template: 1, image: 'ringkeeper' },
      wake: bell,
      tell: () => undefined,
      isolated: true,
      readsHosts: true,
    });
    const running = reconcile(platform, plan, ending.signal, { failed: () => undefined });
    cleanUps.push(() => running);
  }

  /** Of two accounts: one may patch the ring, the other one nothing. */
  async function grantTokens(): Promise<void> {
    const kubectl = async (...args: string[]): Promise<string> =>
      (await server.kubectl(['-n', namespace, ...args])).stdout;
    for (const name of ['may', 'may-not']) await kubectl('create', 'serviceaccount', name);
    await kubectl(
      'create',
      'role',
      'scaler',
      '--verb=patch',
      `--resource=${CLUSTERS.plural}.dht.ringkeeper.dev`,
    );
    await kubectl(
      'create',
      'rolebinding',
      'scaler',
      '--role=scaler',
      `--serviceaccount=${namespace}:may`,
    );
    tokens.may = (await kubectl('create', 'token', 'may')).trim();
    tokens.mayNot = (await kubectl('create', 'token', 'may-not')).trim();
  }

  const ask = async (
    path: string,
    call: { method?: 'GET' | 'PUT' | 'POST'; body?: string; token?: string } = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await request(`${origin}/api/rings/${encodeURIComponent(ring)}${path}`, {
      method: call.method ?? 'GET',
      body: call.body ?? null,
      headers: call.token === undefined ? {} : { authorization: `Bearer ${call.token}` },
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: JSON.parse(text || '{}') as Record<string, unknown> };
  };

  test(
    'shows the ring, and takes from each caller what the API server grants to them',
    async () => {
      expect(tokens.may.length * tokens.mayNot.length).toBeGreaterThan(0);
      const welcome = await (await request(`${origin}/api/welcome`)).body.json();
      expect(welcome).toMatchObject({ place: 'kubernetes', rings: [ring], handlesNodes: false });
      const page = await Listener.on(origin, ring);
      const safe = await page.next<RingState>('state', ({ verdict }) => verdict.title === 'Safe');
      expect(safe.members).toMatchObject([{ id: `${RING}-0`, condition: 'serving' }]);

      const put = { method: 'PUT', body: 'hello' } as const;
      expect((await ask('/key?key=greeting', put)).status).toBe(401);
      const madeUp = await ask('/key?key=greeting', { ...put, token: 'made-up' });
      expect(madeUp).toMatchObject({ status: 401 });
      expect(madeUp.body.detail).toContain('kubectl create token makes another one');
      const refused = await ask('/key?key=greeting', { ...put, token: tokens.mayNot });
      expect(refused).toMatchObject({ status: 403 });
      expect(refused.body.detail).toContain(`may not patch the DhtCluster ${ring}`);
      expect((await ask('/key?key=greeting')).body).toMatchObject({ found: 'none' });
      expect((await ask('/key?key=greeting', { ...put, token: tokens.may })).status).toBe(204);
      expect((await ask('/key?key=greeting')).body).toMatchObject({ values: [{ text: 'hello' }] });

      expect((await ask('/plan?replicas=2')).body).toMatchObject({ replicas: 2, refusals: [] });
      const two = { method: 'PUT', body: '2' } as const;
      expect((await ask('/replicas', { ...two, token: tokens.mayNot })).status).toBe(403);
      expect((await ask('/replicas', { ...two, token: tokens.may })).status).toBe(204);
      const wished = await api.get<ClusterObject>({ kind: CLUSTERS, namespace, name: RING });
      expect((wished!.spec as { replicas: number }).replicas).toBe(2);
      await page.next<RingState>('state', ({ members }) => members.length === 2);
      const killed = await ask(`/members/${RING}-0/kill`, { method: 'POST', token: tokens.may });
      expect(killed.status).toBe(403);
      page.close();
      // No page is open any more: who asks is answered all the same.
      expect((await ask('/plan?replicas=3')).body).toMatchObject({ replicas: 3 });
    },
    SLOW_MS,
  );
});
