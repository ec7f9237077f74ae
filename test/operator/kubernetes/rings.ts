// Rings for the tests of the Kubernetes platform.
import { parseCluster } from '../../../core/api/cluster.ts';
import type { Ring } from '../../../operator/kubernetes/manifests/ring.ts';

/** A ring of this spec as an API server would hold it. */
export function ringOf(spec: object = {}, name = 'dev', namespace = 'rings'): Ring {
  const parsed = parseCluster({
    apiVersion: 'dht.ringkeeper.dev/v1alpha1',
    kind: 'DhtCluster',
    metadata: { name, namespace },
    spec,
  });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const uid = '11111111-2222-4333-8444-555555555555';
  return { name, namespace, uid, spec: parsed.cluster.spec };
}
