// An operator that was upgraded without its definition, as kubectl and GitOps tools may do it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { KubeApi } from '../../operator/kubernetes/api.ts';
import { kubeApi } from '../../operator/kubernetes/kube-api.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import { describeOnApiServer, startApiServer } from './api-server.ts';
import type { ApiServer } from './api-server.ts';
import { NEVER, OperatedRing } from './operated-ring.ts';
import { makeNamespace, makeRing } from './ring-objects.ts';
import { makeHosts } from './small-cluster.ts';

interface Definition {
  readonly spec: {
    readonly versions: readonly {
      readonly schema: {
        readonly openAPIV3Schema: {
          readonly properties: {
            readonly status: { readonly properties: Record<string, unknown> };
          };
        };
      };
    }[];
  };
}

describeOnApiServer('a definition that lacks a field of the status', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-definition-'));
  let server: ApiServer;
  let config: PooledKubeConfig;
  let api: KubeApi;

  beforeAll(async () => {
    const definition = parse(readFileSync('crds/dhtcluster.yaml', 'utf8')) as Definition;
    for (const { schema } of definition.spec.versions)
      delete schema.openAPIV3Schema.properties.status.properties.members;
    const older = join(folder, 'dhtcluster.yaml');
    writeFileSync(older, stringify(definition));
    server = await startApiServer([older]);
    config = PooledKubeConfig.load(server.kubeconfig);
    api = kubeApi(config);
    await makeHosts(api);
  }, 120_000);

  afterAll(async () => {
    await config.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  test('is told of, and the ring is looked after all the same', async () => {
    const namespace = await makeNamespace(api);
    await makeRing(api, namespace, { replicas: 3, slotBits: 4 });
    const ring = new OperatedRing(api, namespace, '94.1');
    await ring.operate(NEVER);
    await ring.cluster.stop();
    expect(await ring.end()).toMatchObject({ phase: 'stable', whole: true, holding: [] });
    expect([...ring.told]).toContain('StatusRefused');
  }, 120_000);
});
