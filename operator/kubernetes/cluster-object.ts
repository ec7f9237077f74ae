// A DhtCluster as the API server holds it, read into what the operator goes by.
import { parseCluster } from '../../core/api/cluster.ts';
import type { Problem } from '../../core/api/schema.ts';
import type { Ring } from './manifests/ring.ts';
import type { ClusterObject } from './shapes.ts';

/** `problems`: an API server with another schema let it pass; what was valid last stays in force. */
export function readCluster(
  object: ClusterObject,
): { readonly ring: Ring } | { readonly problems: readonly Problem[] } {
  const { name, namespace, uid } = object.metadata;
  const { apiVersion, kind, spec } = object;
  const parsed = parseCluster({ apiVersion, kind, metadata: { name }, spec });
  if ('problems' in parsed) return parsed;
  return { ring: { name, namespace: namespace ?? '', uid: uid ?? '', spec: parsed.cluster.spec } };
}
