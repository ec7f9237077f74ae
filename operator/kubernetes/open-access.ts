// Which way to the API server. A pod's own account is read by us; whatever a kubeconfig can say is left to
// the client library, which costs 80 MB of memory and is loaded only then.
import { podAccess, type Access } from './access.ts';

/** A file, else what the library finds: KUBECONFIG, ~/.kube/config. */
export async function accessOf(
  kubeconfig: string | null,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Access> {
  const isNamed = kubeconfig !== null || environment.KUBECONFIG !== undefined;
  const inPod = isNamed ? null : podAccess(environment);
  if (inPod !== null) return inPod;
  const { PooledKubeConfig } = await import('./pooled-config.ts');
  return PooledKubeConfig.load(kubeconfig);
}
