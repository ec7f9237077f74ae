// Names that outlive every release: objects, labels, ports and claims of a ring on Kubernetes. Frozen:
// a changed one would orphan what an older operator made (docs/kubernetes.md lists them).
import { ADMIN_PORT, CLIENT_PORT, PEER_PORT } from '../../core/limits.ts';

/** Group of the API, and prefix of every label, annotation and finalizer of ours. */
export const GROUP = 'dht.ringkeeper.dev';
export const API_VERSION = `${GROUP}/v1alpha1`;

/** Who the API server says has set a field. One for everything the operator applies. */
export const FIELD_MANAGER = 'ringkeeper-operator';

/** Ports of every node's container, by the name that services refer to. */
export const PORTS = { client: CLIENT_PORT, admin: ADMIN_PORT, peer: PEER_PORT } as const;

/** The claim template; a member's claim is `data-<cluster>-<ordinal>`. */
export const CLAIM = 'data';

export const claimName = (cluster: string, ordinal: number): string =>
  `${CLAIM}-${cluster}-${ordinal}`;

/** The objects of one ring, by what they are for. */
export const objectNames = (cluster: string) =>
  ({
    /** StatefulSet; its pods are `<cluster>-<ordinal>`, the members' names. */
    members: cluster,
    /** Service of ready nodes, for clients. */
    client: cluster,
    /** Headless Service: each member's stable name, ready or not. */
    peers: `${cluster}-peers`,
    /** ConfigMap that holds the ring document, written by compare-and-set. */
    document: `${cluster}-ring`,
    /** Secret with the ring's secret and the admin token. */
    secrets: `${cluster}-secrets`,
    /** ServiceAccount, PodDisruptionBudget and NetworkPolicy. */
    account: cluster,
    budget: cluster,
    network: cluster,
  }) as const;

/** What every object of a ring carries; the first three select its pods and never change. */
export const labelsOf = (cluster: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'ringkeeper',
  'app.kubernetes.io/component': 'node',
  'app.kubernetes.io/instance': cluster,
  'app.kubernetes.io/part-of': 'ringkeeper',
  'app.kubernetes.io/managed-by': FIELD_MANAGER,
});

export const selectorOf = (cluster: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'ringkeeper',
  'app.kubernetes.io/component': 'node',
  'app.kubernetes.io/instance': cluster,
});

/** On every claim: UID of the DhtCluster that it was made for. Policies protect claims that carry it. */
export const CLUSTER_UID_LABEL = `${GROUP}/cluster-uid`;
/** On pods: the settings' revision (operator/desired.ts) that they were started with. */
export const REVISION_ANNOTATION = `${GROUP}/revision`;
/** On a claim whose member has left with a receipt: the incarnation and the epoch of the receipt. */
export const RECEIPT_ANNOTATION = `${GROUP}/receipt`;
/** Only where the retention policy needs work when the cluster goes. */
export const FINALIZER = `${GROUP}/retention`;
/** On pods: the volume's UID as its node is told it (volumes.ts). On claims: the same, once it was used. */
export const VOLUME_ANNOTATION = `${GROUP}/volume`;
/** Scheduling gate of every pod of a ring: it starts once the operator has told it its volume. */
export const GATE = `${GROUP}/volume`;
/** On the StatefulSet: how many pods there should be, and which of them are held (members.ts). */
export const MEMBERS_ANNOTATION = `${GROUP}/members`;
/** On the StatefulSet: template revision and image that the ring stays with (pinned.ts). */
export const PINNED_ANNOTATION = `${GROUP}/pinned`;
/** On what is applied: a note of all that was applied (in-place.ts). */
export const APPLIED_ANNOTATION = `${GROUP}/applied`;
