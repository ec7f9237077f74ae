// An operator that was upgraded without its definition, as kubectl and GitOps tools may do it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { KubeApi } from '../../operator/kubernetes/api.ts';
import { kubeApi } from '../../operator/kubernetes/kube-api.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import { until } from '../live/until.ts';
import { describeOnApiServer, startApiServer } from './api-server.ts';
import type { ApiServer } from './api-server.ts';
import { NEVER, OperatedRing } from './operated-ring.ts';
import { makeNamespace, makeRing, wishFor } from './ring-objects.ts';
import { makeHosts } from './small-cluster.ts';

interface Field {
  readonly properties: Record<string, Field>;
  readonly items: Field;
}

interface Definition {
  readonly spec: {
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Field } }[];
  };
}

const NEW = 'crds/dhtcluster.yaml';
/** ms until an operator has met what it can't publish. */
const TOLD_MS = 30_000;

describeOnApiServer('a definition that lacks a field of the status', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-definition-'));
  let server: ApiServer;
  let config: PooledKubeConfig;
  let api: KubeApi;
  let ring: OperatedRing;

  /** An API server that knows all of a status but for what is taken away here. */
  async function serve(without: (status: Field) => void): Promise<void> {
    const definition = parse(readFileSync(NEW, 'utf8')) as Definition;
    for (const { schema } of definition.spec.versions)
      without(schema.openAPIV3Schema.properties['status']!);
    const older = join(folder, 'dhtcluster.yaml');
    writeFileSync(older, stringify(definition));
    server = await startApiServer([older]);
    config = PooledKubeConfig.load(server.kubeconfig);
    api = kubeApi(config);
    await makeHosts(api);
  }

  afterEach(() => ring.cluster.stop());
  afterEach(() => config.close());
  afterEach(() => server.stop(), 120_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('is told of, and the ring is looked after all the same', async () => {
    await serve(({ properties }) => {
      delete properties['members'];
    });
    const namespace = await makeNamespace(api);
    await makeRing(api, namespace, { replicas: 3, slotBits: 4 });
    ring = new OperatedRing(api, namespace, '94.1');
    await ring.operate(NEVER);
    expect(await ring.end()).toMatchObject({ phase: 'stable', whole: true, holding: [] });
    expect([...ring.told]).toContain('StatusRefused');
  }, 240_000);

  // The policies go by the status: what it doesn't tell would be refused.
  test('keeps who has left, where it cannot be told that they may go, until it is replaced', async () => {
    await serve(({ properties }) => {
      delete properties['members']!.items.properties['receipt'];
    });
    const namespace = await makeNamespace(api);
    await makeRing(api, namespace, { replicas: 4, slotBits: 4 });
    ring = new OperatedRing(api, namespace, '94.2');
    await ring.operate(NEVER);
    await wishFor(api, namespace, { replicas: 3 });
    const operated = ring.operate(NEVER);
    await until('it is told', TOLD_MS, () => ring.told.has('StatusRefused'));
    const toldMs = Date.parse(ring.now());
    const passes = (): number => (Date.parse(ring.now()) - toldMs) / 1000;
    await until('it has had its time', TOLD_MS, () => passes() >= 20);
    expect(await ring.end()).toMatchObject({ replicas: 4, whole: true });
    const { code, stderr } = await server.kubectl(['replace', '-f', NEW]);
    expect([code, stderr]).toEqual([0, '']);
    await operated;
    expect(await ring.end()).toMatchObject({ phase: 'stable', replicas: 3, whole: true });
  }, 240_000);
});
