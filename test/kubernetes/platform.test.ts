// The Kubernetes platform keeps the contract of all platforms: a real API server, real node processes,
// and the controllers in between played by the test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import type { KubeApi } from '../../operator/kubernetes/api.ts';
import { kubeApi } from '../../operator/kubernetes/kube-api.ts';
import { KubernetesPlatform } from '../../operator/kubernetes/platform.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import { wake } from '../../operator/wake.ts';
import { platformContract } from '../contracts/platform.ts';
import { describeOnApiServer, startApiServer } from './api-server.ts';
import type { ApiServer } from './api-server.ts';
import { makeNamespace, makeRing, wishFor } from './ring-objects.ts';
import { realNodes } from './real-nodes.ts';
import { makeHosts, SmallCluster } from './small-cluster.ts';

describeOnApiServer('on a real API server', () => {
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

  platformContract('the Kubernetes platform', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-kubernetes-'));
    const namespace = await makeNamespace(api);
    const ring = await makeRing(api, namespace, { replicas: 3 });
    const bell = wake();
    const cluster = new SmallCluster({
      api,
      namespace,
      block: `90.${(block += 1)}`,
      launch: realNodes(api, folder),
      turned: () => {
        bell.ring();
      },
    });
    cluster.start();
    const platform = new KubernetesPlatform({
      namespace,
      name: ring.metadata.name,
      api,
      view: api,
      latest: { template: 1, image: 'ringkeeper' },
      wake: bell,
      tell: () => undefined,
      isolated: true,
      readsHosts: true,
    });
    return {
      platform,
      wish: (replicas) => wishFor(api, namespace, { replicas }),
      dispose: async () => {
        await cluster.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  });
});
