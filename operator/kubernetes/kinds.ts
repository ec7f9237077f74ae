// The kinds of objects that the operator reads or makes.
import type { KubeKind } from './api.ts';
import { API_VERSION } from './names.ts';

const core = (kind: string, plural: string): KubeKind => ({
  apiVersion: 'v1',
  kind,
  plural,
  namespaced: true,
});

export const CLUSTERS: KubeKind = {
  apiVersion: API_VERSION,
  kind: 'DhtCluster',
  plural: 'dhtclusters',
  namespaced: true,
};
export const PODS = core('Pod', 'pods');
export const CLAIMS = core('PersistentVolumeClaim', 'persistentvolumeclaims');
export const CONFIG_MAPS = core('ConfigMap', 'configmaps');
export const SECRETS = core('Secret', 'secrets');
export const SERVICES = core('Service', 'services');
export const SERVICE_ACCOUNTS = core('ServiceAccount', 'serviceaccounts');
/** Kubernetes calls its machines nodes. */
export const HOSTS: KubeKind = { ...core('Node', 'nodes'), namespaced: false };
export const VOLUMES: KubeKind = {
  ...core('PersistentVolume', 'persistentvolumes'),
  namespaced: false,
};
export const STATEFUL_SETS: KubeKind = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  namespaced: true,
};
export const BUDGETS: KubeKind = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
};
export const NETWORK_POLICIES: KubeKind = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  namespaced: true,
};
