// Who may reach a ring's pods, and what they may do: nothing at the API server.
import { randomBytes } from 'node:crypto';
import type { KubeObject } from '../api.ts';
import { NETWORK_POLICIES, SECRETS, SERVICE_ACCOUNTS } from '../kinds.ts';
import { GROUP, objectNames, PORTS, selectorOf } from '../names.ts';
import type { Secret } from '../shapes.ts';
import { ownedMetadata } from './ring.ts';
import type { Ring } from './ring.ts';

/** Keys of the Secret; files of these names in every pod. */
export const SECRET_KEYS = { cluster: 'cluster-secret', admin: 'admin-token' } as const;

/** Namespaces with this label may scrape metrics, which are on the admin port. */
const MONITORING_LABEL = `${GROUP}/monitoring`;

/** An account with no rights and no token. */
export function serviceAccount(ring: Ring): KubeObject {
  const { apiVersion, kind } = SERVICE_ACCOUNTS;
  return {
    apiVersion,
    kind,
    metadata: ownedMetadata(ring, objectNames(ring.name).account),
    automountServiceAccountToken: false,
  } as KubeObject;
}

/** Drawn anew by each call: it is created once and never written over. */
export function secret(ring: Ring): Secret {
  const drawn = (): string =>
    Buffer.from(randomBytes(32).toString('base64url'), 'utf8').toString('base64');
  const { apiVersion, kind } = SECRETS;
  return {
    apiVersion,
    kind,
    metadata: ownedMetadata(ring, objectNames(ring.name).secrets),
    type: 'Opaque',
    data: { [SECRET_KEYS.cluster]: drawn(), [SECRET_KEYS.admin]: drawn() },
  };
}

/**
 * Clients from anywhere; peers only from this ring; the admin port for operators (their calls need
 * the token as well) and for who collects metrics. Probes of the host's kubelet are never filtered.
 */
export function networkPolicy(ring: Ring): KubeObject {
  const operators = {
    namespaceSelector: {},
    podSelector: {
      matchLabels: {
        'app.kubernetes.io/name': 'ringkeeper',
        'app.kubernetes.io/component': 'operator',
      },
    },
  };
  const monitoring = { namespaceSelector: { matchLabels: { [MONITORING_LABEL]: 'true' } } };
  const own = { podSelector: { matchLabels: selectorOf(ring.name) } };
  const on = (name: keyof typeof PORTS) => [{ protocol: 'TCP', port: PORTS[name] }];
  const { apiVersion, kind } = NETWORK_POLICIES;
  return {
    apiVersion,
    kind,
    metadata: ownedMetadata(ring, objectNames(ring.name).network),
    spec: {
      podSelector: { matchLabels: selectorOf(ring.name) },
      policyTypes: ['Ingress'],
      ingress: [
        { ports: on('client') },
        { ports: on('peer'), from: [own] },
        { ports: on('admin'), from: [operators, monitoring] },
      ],
    },
  } as KubeObject;
}
