// The Kubernetes platform keeps the contract of all platforms: a real API server, real node processes,
// and the controllers in between played by the test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesPlatform } from '../../operator/kubernetes/platform.ts';
import { wake } from '../../operator/wake.ts';
import { platformContract } from '../contracts/platform.ts';
import { describeWithApi } from './on-api-server.ts';
import { makeNamespace, makeRing, wishFor } from './ring-objects.ts';
import { realNodes } from './real-nodes.ts';
import { SmallCluster } from './small-cluster.ts';

describeWithApi('on a real API server', (on) => {
  let block = 0;

  platformContract('the Kubernetes platform', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-kubernetes-'));
    const namespace = await makeNamespace(on.api);
    const ring = await makeRing(on.api, namespace, { replicas: 3 });
    const bell = wake();
    const cluster = new SmallCluster({
      api: on.api,
      namespace,
      block: `90.${(block += 1)}`,
      launch: realNodes(on.api, folder),
      turned: () => {
        bell.ring();
      },
    });
    cluster.start();
    const platform = new KubernetesPlatform({
      namespace,
      name: ring.metadata.name,
      api: on.api,
      view: on.api,
      latest: { template: 1, image: 'ringkeeper' },
      wake: bell,
      tell: () => undefined,
      isolated: true,
      readsHosts: true,
    });
    return {
      platform,
      wish: (replicas) => wishFor(on.api, namespace, { replicas }),
      dispose: async () => {
        await cluster.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  });
});
