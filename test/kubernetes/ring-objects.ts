// DhtClusters on a real API server, each in a namespace of its own.
import type { KubeApi, KubeKind } from '../../operator/kubernetes/api.ts';
import { CLUSTERS } from '../../operator/kubernetes/kinds.ts';
import type { ClusterObject } from '../../operator/kubernetes/shapes.ts';

const NAMESPACES: KubeKind = {
  apiVersion: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

/** The ring of every such namespace. */
export const RING = 'dev';

let made = 0;

export async function makeNamespace(api: KubeApi): Promise<string> {
  const name = `rings-${(made += 1)}`;
  await api.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

export async function makeRing(
  api: KubeApi,
  namespace: string,
  spec: object,
): Promise<ClusterObject> {
  const { apiVersion, kind } = CLUSTERS;
  return await api.create(CLUSTERS, {
    apiVersion,
    kind,
    metadata: { name: RING, namespace },
    spec,
  });
}

export async function wishFor(api: KubeApi, namespace: string, spec: object): Promise<void> {
  await api.patch({ kind: CLUSTERS, namespace, name: RING }, { spec });
}
