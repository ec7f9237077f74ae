// A suite on an API server of its own, with our definition, three hosts and the operator's port to it:
// started before the suite's first test, stopped after its last.
import { afterAll, beforeAll } from '@jest/globals';
import type { KubeApi } from '../../operator/kubernetes/api.ts';
import { kubeApi } from '../../operator/kubernetes/kube-api.ts';
import { PooledKubeConfig } from '../../operator/kubernetes/pooled-config.ts';
import { describeOnApiServer, startApiServer, type ApiServer } from './api-server.ts';
import { makeHosts } from './small-cluster.ts';

/** ms to start it, on a machine that does other things, too. */
const READY_MS = 120_000;

/** What a suite may use from its first `beforeAll` on. */
export class OnServer {
  server!: ApiServer;
  config!: PooledKubeConfig;
  api!: KubeApi;

  async start(): Promise<void> {
    this.server = await startApiServer(['crds/dhtcluster.yaml']);
    this.config = PooledKubeConfig.load(this.server.kubeconfig);
    this.api = kubeApi(this.config);
    await makeHosts(this.api);
  }
}

export function describeWithApi(title: string, suite: (on: OnServer) => void): void {
  describeOnApiServer(title, () => {
    const on = new OnServer();
    beforeAll(() => on.start(), READY_MS);
    // Hooks of their own: Jest waits for a server that a failure before left behind.
    afterAll(() => on.config.close());
    afterAll(() => on.server.stop());
    suite(on);
  });
}
