// The operator as the chart installs it: its own account, the chart's rights and policies, a real API
// server. What it was allowed and never did, and what it did and was not allowed, show in the audit log.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KubeApi, KubeObject } from '../../operator/kubernetes/api.ts';
import { CLAIMS, CLUSTERS, HOSTS, PODS } from '../../operator/kubernetes/kinds.ts';
import { kubeApi } from '../../operator/kubernetes/kube-api.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import type { ClusterObject, Pod } from '../../operator/kubernetes/shapes.ts';
import { until } from '../live/until.ts';
import { describeOnApiServer, startApiServer, untilServed } from './api-server.ts';
import type { ApiServer } from './api-server.ts';
import { objectsIn, rendered } from './chart.ts';
import { IdealPods } from './ideal-pods.ts';
import { makeNamespace, makeRing, RING, wishFor } from './ring-objects.ts';
import { makeHosts, SmallCluster } from './small-cluster.ts';

const OPERATOR = 'system:serviceaccount:ringkeeper-system:ringkeeper-operator';
const SETTLE_MS = 120_000;

interface AuditLine {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number; readonly message?: string };
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** `group/resource verb`, one for each right. */
function rightsOf(roles: readonly KubeObject[]): string[] {
  return (roles as unknown as readonly { rules: readonly Rule[] }[])
    .flatMap(({ rules }) => rules)
    .flatMap(({ apiGroups: [group], resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${group}/${resource} ${verb}`)),
    )
    .sort();
}

function usesOf({ verb, objectRef, responseStatus }: AuditLine): string[] {
  if (objectRef === undefined) return [];
  const { apiGroup = '', resource, subresource } = objectRef;
  const what = `${apiGroup}/${resource}${subresource === undefined ? '' : `/${subresource}`}`;
  // Applied where there was nothing: the API server asks for the right to create as well.
  const isMade = verb === 'patch' && responseStatus?.code === 201;
  return isMade ? [`${what} patch`, `${what} create`] : [`${what} ${verb}`];
}

describeOnApiServer('the rights that the chart grants', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-rights-'));
  const log = join(folder, 'audit.log');
  const pods = new IdealPods();
  let server: ApiServer;
  let config: PooledKubeConfig;
  let api: KubeApi;
  let namespace: string;
  let cluster: SmallCluster;
  let kubeconfig: string;

  beforeAll(async () => {
    const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy' };
    const rules = [{ level: 'Metadata', users: [OPERATOR], omitStages: ['RequestReceived'] }];
    writeFileSync(join(folder, 'policy.yaml'), JSON.stringify({ ...policy, rules }));
    server = await startApiServer([], {
      'audit-policy-file': join(folder, 'policy.yaml'),
      'audit-log-path': log,
    });
    config = PooledKubeConfig.load(server.kubeconfig);
    api = kubeApi(config);
    await server.kubectl(['create', 'namespace', 'ringkeeper-system']);
    const applied = await server.kubectl(['apply', '--server-side', '-f', '-'], rendered());
    expect([applied.code, applied.stderr]).toEqual([0, '']);
    await untilServed(server);
    kubeconfig = await server.user(OPERATOR);
    await makeHosts(api);
    namespace = await makeNamespace(api);
    cluster = new SmallCluster({ api, namespace, block: '92.1', launch: pods.launch });
    cluster.start();
  }, 180_000);

  // Each by itself: a failure of one leaves no API server behind, for which Jest would wait.
  afterAll(() => cluster.stop());
  afterAll(() => config.close());
  afterAll(() => server.stop());
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** The real command, until the work is done. */
  async function operated(work: () => Promise<void>): Promise<string> {
    const flags = ['--image=ringkeeper:dev', '--lease=ringkeeper-operator', '--health-port=0'];
    const command = ['operator/main.ts', 'kubernetes', ...flags, `--kubeconfig=${kubeconfig}`];
    const child = spawn(process.execPath, command, {
      env: { ...process.env, POD_NAME: 'operator-0', POD_NAMESPACE: 'ringkeeper-system' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = once(child, 'exit');
    try {
      await work();
    } catch (error) {
      throw new Error(`${String(error)}\n${output.slice(-4000)}`, { cause: error });
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
    return output;
  }

  const settled = (replicas: number) =>
    until(`a ring of ${replicas}`, SETTLE_MS, async () => {
      const ref = { kind: CLUSTERS, namespace, name: RING };
      const ring = await api.get<ClusterObject>(ref);
      const conditions = (ring?.status?.['conditions'] ?? []) as { type: string; status: string }[];
      const isSo = (type: string, status: string): boolean =>
        conditions.some((each) => each.type === type && each.status === status);
      const claims = await api.list(CLAIMS, namespace);
      return (
        ring?.status?.['observedGeneration'] === ring?.metadata.generation &&
        isSo('Ready', 'True') &&
        isSo('Reconciling', 'False') &&
        claims.length === replicas
      );
    });

  /** A host goes for good, and with it the volume of its member. */
  async function lastVolumeForsaken(): Promise<void> {
    await wishFor(api, namespace, { replaceAfterSeconds: 10 });
    const ref = { kind: CLAIMS, namespace, name: `data-${RING}-2` };
    const before = (await api.get(ref))!.metadata.uid;
    const pod = await api.get<Pod>({ kind: PODS, namespace, name: `${RING}-2` });
    const host = { kind: HOSTS, namespace: null, name: pod!.spec.nodeName! };
    await api.remove(host, { uid: (await api.get(host))!.metadata.uid! });
    await until('its claim is another one', SETTLE_MS, async () => {
      const now = await api.get(ref);
      return now !== null && now.metadata.uid !== before;
    });
  }

  test(
    'are all used and never too few, from the founding of a ring to members that join and leave',
    async () => {
      const output = await operated(async () => {
        await makeRing(api, namespace, { replicas: 3, slotBits: 4 });
        await settled(3);
        // Twice, so that an event repeats itself.
        for (const replicas of [5, 3, 5, 3]) {
          await wishFor(api, namespace, { replicas });
          await settled(replicas);
        }
        await lastVolumeForsaken();
      });
      const lines = readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as AuditLine);
      expect(lines.every(({ user }) => user.username === OPERATOR)).toBe(true);
      const denied = lines.filter(({ responseStatus }) => responseStatus?.code === 403);
      expect(denied.map((line) => [usesOf(line), line.responseStatus?.message])).toEqual([]);
      const roles = objectsIn(rendered()).filter(({ kind }) => /^(Cluster)?Role$/.test(kind));
      const used = [...new Set(lines.flatMap(usesOf))].sort();
      expect([used, output.length > 0]).toEqual([rightsOf(roles), true]);
    },
    5 * SETTLE_MS,
  );
});
