// Rings on Kubernetes keep the contract of all targets: `kubectl dht` against a real API server, with the
// status that the operator's own code makes.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXIT } from '../../operator/cli/exit.ts';
import type { KubernetesOptions } from '../../operator/cli/kubernetes-door.ts';
import { kubernetesPlatform } from '../../operator/cli/kubernetes-target.ts';
import type { KubeApi, KubeKind, KubeObject } from '../../operator/kubernetes/api.ts';
import { documentMap } from '../../operator/kubernetes/document-map.ts';
import { CLUSTERS, CONFIG_MAPS, PODS, SERVICES } from '../../operator/kubernetes/kinds.ts';
import { selectorOf } from '../../operator/kubernetes/names.ts';
import { kubeApi } from '../../operator/kubernetes/kube-api.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import type { ClusterObject } from '../../operator/kubernetes/shapes.ts';
import { clusterStatus } from '../../operator/kubernetes/status.ts';
import { REST, RING, seenAt } from '../contracts/published.ts';
import { targetContract } from '../contracts/target.ts';
import { KUBECTL_DHT, run, SLOW_MS } from '../live/operator-commands.ts';
import { until } from '../live/until.ts';
import { withNode } from '../node/live-node.ts';
import { ringOf } from '../operator/kubernetes/rings.ts';
import { describeOnApiServer, startApiServer } from './api-server.ts';
import type { ApiServer } from './api-server.ts';
import { openKubelet } from './kubelet.ts';
import type { Kubelet } from './kubelet.ts';
import { makeNamespace, makeRing } from './ring-objects.ts';

/** An address of this machine that is not its loopback: the API server leads nobody there. */
const HOST = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.internal === false && each.family === 'IPv4')!.address;

/** The client Service of the ring dev, with one pod behind it: whatever listens there. */
async function exposed(
  api: KubeApi,
  namespace: string,
  { host, port }: { host: string; port: number },
): Promise<void> {
  const named = (apiVersion: string, kind: string, name: string) => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
  });
  const pod = named('v1', 'Pod', 'dev-0');
  const containers = [{ name: 'node', image: 'ringkeeper' }];
  await api.create(PODS, { ...pod, spec: { containers } } as KubeObject);
  await api.applyStatus(PODS, { ...pod, status: { podIP: host, podIPs: [{ ip: host }] } });
  const ports = [{ name: 'client', port: 8080, targetPort: port }];
  await api.create(SERVICES, { ...named('v1', 'Service', 'dev'), spec: { ports } } as KubeObject);
  const targetRef = { kind: 'Pod', namespace, name: 'dev-0' };
  const subsets = [{ addresses: [{ ip: host, targetRef }], ports: [{ name: 'client', port }] }];
  await api.create(ENDPOINTS, { ...named('v1', 'Endpoints', 'dev'), subsets } as KubeObject);
}

const ENDPOINTS: KubeKind = {
  apiVersion: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  namespaced: true,
};

describeOnApiServer('on a real API server', () => {
  let server: ApiServer;
  let config: PooledKubeConfig;
  let api: KubeApi;
  let kubelet: Kubelet;

  beforeAll(async () => {
    server = await startApiServer(['crds/dhtcluster.yaml']);
    config = PooledKubeConfig.load(server.kubeconfig);
    api = kubeApi(config);
    kubelet = await openKubelet(api);
  }, 120_000);

  afterAll(() => kubelet.close());
  afterAll(() => config.close());
  afterAll(() => server.stop());

  /** A namespace with the ring dev, its document, and the ways in which the operator publishes. */
  async function opened() {
    const namespace = await makeNamespace(api);
    const { apiVersion, kind } = CLUSTERS;
    const made = await makeRing(api, namespace, { replicas: 3 });
    const ring = { ...ringOf({ replicas: 3 }, 'dev', namespace), uid: made.metadata.uid! };
    await api.create(CONFIG_MAPS, documentMap(ring, RING));
    const options: KubernetesOptions = {
      output: 'text',
      kubeconfig: server.kubeconfig,
      namespace,
    };
    const ref = { kind: CLUSTERS, namespace, name: 'dev' };
    return {
      namespace,
      rings: kubernetesPlatform,
      options,
      publish: async (plan: typeof REST, observed: ReturnType<typeof seenAt>) => {
        const object = (await api.get<ClusterObject>(ref))!;
        const { metadata, status } = object;
        const input = { metadata, plan, observed, replicas: 3, conditions: [] };
        const next = clusterStatus({ ...input, before: status ?? null });
        const head = { name: 'dev', namespace };
        await api.applyStatus(CLUSTERS, { apiVersion, kind, metadata: head, status: next });
      },
      say: async (member: string, text: string) => {
        const head = { apiVersion: 'v1', kind: 'Pod', metadata: { name: member, namespace } };
        if ((await api.get({ kind: PODS, namespace, name: member })) === null) {
          const containers = [{ name: 'node', image: 'ringkeeper' }];
          const metadata = { ...head.metadata, labels: selectorOf('dev') };
          const spec = { nodeName: kubelet.host, containers };
          await api.create(PODS, { ...head, metadata, spec } as KubeObject);
          const state = { running: {} };
          const container = {
            name: 'node',
            image: 'x',
            imageID: 'x',
            ready: true,
            restartCount: 0,
          };
          const status = { containerStatuses: [{ ...container, state }] };
          await api.applyStatus(PODS, { ...head, status } as KubeObject);
        }
        kubelet.say(`${namespace}/${member}/node`, text);
      },
      another: async (name: string) => {
        const metadata = { name, namespace };
        await api.create(CLUSTERS, { apiVersion, kind, metadata, spec: {} });
      },
      dispose: () => Promise.resolve(),
    };
  }

  targetContract('a ring on Kubernetes', opened);

  describe('kubectl dht', () => {
    const dht = (kubeconfig: string, ...args: readonly string[]) =>
      run(KUBECTL_DHT, [...args, '--kubeconfig', kubeconfig]);

    test('two changes at once both stand', async () => {
      const { rings, options } = await opened();
      const target = await rings.target(options);
      const add = (name: string) =>
        target.change(({ decommission }) => ({ decommission: [...decommission, name] }));
      await Promise.all([add('dev-0'), add('dev-1'), add('dev-2')]);
      const { decommission } = (await target.wanted()).spec;
      expect([...decommission].sort()).toEqual(['dev-0', 'dev-1', 'dev-2']);
    });

    test('sets fields in its own name, so that the operator does not own what a person wanted', async () => {
      const { rings, options, namespace } = await opened();
      await (await rings.target(options)).change(() => ({ replicas: 4 }));
      const { stdout } = await server.kubectl([
        '-n',
        namespace,
        'get',
        'dht',
        'dev',
        '-o',
        'json',
        '--show-managed-fields',
      ]);
      const { metadata } = JSON.parse(stdout) as {
        metadata: { managedFields: readonly { manager: string; fieldsV1: object }[] };
      };
      const own = metadata.managedFields.find(({ manager }) => manager === 'kubectl-dht');
      expect(own?.fieldsV1).toEqual({ 'f:spec': { 'f:replicas': {} } });
    });

    test('tells status, waits and plan of a ring, from what is published', async () => {
      const { publish, namespace } = await opened();
      await publish(REST, seenAt(Date.now()));
      const of = ['-n', namespace];
      expect((await dht(server.kubeconfig, 'get', ...of)).out).toMatch(/dev +3 +0 +3 +1 +NotReady/);
      expect((await dht(server.kubeconfig, 'get', '-A')).out).toContain(namespace);
      const status = await dht(server.kubeconfig, 'status', 'dev', ...of);
      expect(status).toMatchObject({ code: 0, err: '' });
      expect(status.out).toMatch(/^dev {2}http:\/\/dev\.rings-\d+:8080 {2}epoch 1, stable; 0 of 3/);
      expect((await dht(server.kubeconfig, 'why', ...of)).out).toBe('dev waits for nothing\n');
      const plan = await dht(server.kubeconfig, 'plan', '--replicas', '4', ...of);
      expect(plan.out).toMatch(/dev-3 +– +\d+/);
    });

    test('passes on what the API server refuses, in its words, with exit code 4', async () => {
      const { namespace } = await opened();
      const few = await dht(server.kubeconfig, 'scale', '2', '-n', namespace);
      expect(few.code).toBe(EXIT.refused);
      expect(few.err).toContain('replicas is below replicationFactor');
      const stranger = await server.user('stranger');
      const refused = await dht(stranger, 'status', '-n', namespace);
      expect(refused.code).toBe(EXIT.refused);
      expect(refused.err).toMatch(
        /^kubectl dht: .*User "stranger" cannot list resource "dhtclusters"/,
      );
      expect(refused.err.trim().split('\n')).toHaveLength(1);
    });

    test('needs for a status no more than to read the rings', async () => {
      const { namespace, publish } = await opened();
      await publish(REST, seenAt(Date.now()));
      const reader = await server.user('reader');
      const rule = ['--verb=get,list', '--resource=dhtclusters.dht.ringkeeper.dev'];
      await server.kubectl(['-n', namespace, 'create', 'role', 'reads', ...rule]);
      await server.kubectl([
        '-n',
        namespace,
        'create',
        'rolebinding',
        'reads',
        '--role=reads',
        '--user=reader',
      ]);
      // The API server takes notice of a right in its own time.
      await until('the role is in force', SLOW_MS, async () => {
        return (await dht(reader, 'get', '-n', namespace)).code === EXIT.ok;
      });
      for (const command of ['get', 'status', 'why'])
        expect(await dht(reader, command, '-n', namespace)).toMatchObject({ code: 0, err: '' });
      const scaled = await dht(reader, 'scale', '4', '-n', namespace);
      expect(scaled.code).toBe(EXIT.refused);
      expect(scaled.err).toContain('cannot patch resource "dhtclusters"');
    });

    test('asks a member about the ring through the API server, without any port of the cluster', async () => {
      const { namespace } = await opened();
      await withNode(
        async ({ node }) => {
          await exposed(api, namespace, { host: HOST, port: node.ports.client.port });
          const of = ['-n', namespace];
          const ring = await dht(server.kubeconfig, 'ring', ...of);
          expect(ring.err).toBe('');
          expect(ring.out).toMatch(/^epoch 1, stable, 16 slots, N=1/);
          const owner = await dht(server.kubeconfig, 'ring', 'owner', 'a/ä b', ...of);
          expect(owner.out).toMatch(/^a\/ä b {2}hash [0-9a-f]{16}[^]*dev-0 +owner/);
          const drawn = await dht(server.kubeconfig, 'ring', 'graph', '--format', 'svg', ...of);
          expect(drawn.out).toMatch(/^<svg/);
        },
        { config: { client: { host: HOST, port: 0 } } },
      );
    });

    test('is found by kubectl as its plugin, and completes rings and members', async () => {
      const { namespace, publish } = await opened();
      await publish(REST, seenAt(Date.now()));
      const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-plugin-'));
      try {
        for (const name of ['kubectl-dht', 'kubectl_complete-dht'])
          symlinkSync(resolve(`operator/cli/${name}.mjs`), join(folder, name));
        const got = await server.kubectl(['dht', 'get', '-n', namespace], '', folder);
        expect(got.stderr).toBe('');
        expect(got.stdout).toMatch(/^NAME +DESIRED[^]*dev +3/);
        const line = ['dht', 'decommission', '-n', namespace, 'dev-'];
        const completed = await server.kubectl(['__complete', ...line], '', folder);
        expect(completed.stdout).toContain('dev-0\tserving\ndev-1\tserving\ndev-2\tserving\n:4');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    test('says what to do where a cluster has no rings, or knows of none', async () => {
      const namespace = await makeNamespace(api);
      const none = await dht(server.kubeconfig, 'status', '-n', namespace);
      expect(none).toMatchObject({ code: EXIT.notFound });
      expect(none.err).toContain(
        `there is no ring in namespace ${namespace}; -n names another one`,
      );
      expect((await dht(server.kubeconfig, 'status', '--context', 'nowhere')).err).toContain(
        'there is no context nowhere; known: ',
      );
    });
  });
});
