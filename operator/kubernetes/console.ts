// What the console sees of rings on Kubernetes, from any operator, leader or not; and what it may do,
// which is what the API server grants to who asks: each change is made with the caller's own token.
import type { NodeId } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import { RECONCILE_MS } from '../../core/limits.ts';
import type { ConsolePlace, ConsoleRing, Look, Permission, RingWatcher } from '../console-place.ts';
import { reasonOf } from '../words.ts';
import type { Access } from './access.ts';
import type { KubeApi, KubeKind, KubeObject } from './api.ts';
import { Glance } from './glance.ts';
import { CLUSTERS } from './kinds.ts';
import { kubeApi } from './kube-api.ts';
import { GROUP, PORTS } from './names.ts';
import type { KubeView } from './operated.ts';
import type { ClusterObject } from './shapes.ts';

export interface KubernetesConsoleOptions {
  readonly api: KubeApi;
  readonly view: KubeView;
  /** null: of all. */
  readonly namespaces: readonly string[] | null;
  readonly readsHosts: boolean;
  /** The API server as who has this token; null: nothing is changed from here. */
  readonly accessOfUser: ((token: string) => Promise<Access>) | null;
}

export function kubernetesPlace(options: KubernetesConsoleOptions): ConsolePlace {
  const { view, namespaces, accessOfUser } = options;
  const rings = new Map<string, ConsoleRing>();
  const named = async (): Promise<readonly string[]> => {
    const lists = await Promise.all(
      (namespaces ?? [null]).map((namespace) => view.list<ClusterObject>(CLUSTERS, namespace)),
    );
    return lists
      .flat()
      .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`)
      .sort();
  };
  return {
    kind: 'kubernetes',
    handlesNodes: false,
    rings: named,
    ring: async (name) => {
      if (!(await named()).includes(name)) {
        rings.delete(name);
        return null;
      }
      let ring = rings.get(name);
      if (ring === undefined) rings.set(name, (ring = ringNamed(name, options)));
      return ring;
    },
    takesChanges: accessOfUser !== null,
    permits: async (token, ring) =>
      accessOfUser === null ? 'forbidden' : await reviewed(await accessOfUser(token), ring),
  };
}

function ringNamed(ring: string, options: KubernetesConsoleOptions): ConsoleRing {
  const [namespace = '', name = ''] = ring.split('/');
  const { api, view, readsHosts, accessOfUser } = options;
  const glance = new Glance({ namespace, name, api, view, readsHosts });
  const url = (id: NodeId, port: number): string | null => {
    const host = glance.hostOf(id);
    return host === null ? null : `http://${host}:${port}`;
  };
  return {
    name: ring,
    isWatchedAnyway: false,
    watch: (watcher) => watch(glance, watcher),
    clientUrls: ({ observed }: Look) =>
      observed.nodes
        .filter(({ report }) => report?.serving === true && !report.draining)
        .flatMap(({ id }) => url(id, PORTS.client) ?? []),
    adminUrl: (id) => url(id, PORTS.admin),
    scale: async (replicas, token) => {
      if (accessOfUser === null) throw new RingError('FORBIDDEN', 'this console only shows');
      await as(await accessOfUser(token), (user) =>
        user.patch({ kind: CLUSTERS, namespace, name }, { spec: { replicas } }),
      );
    },
    hands: null,
  };
}

/** Looks again and again, as often as the operator would, until the watcher goes. */
function watch(glance: Glance, watcher: RingWatcher): () => void {
  let isOver = false;
  let timer: NodeJS.Timeout | null = null;
  let failed = '';
  const turn = async (): Promise<void> => {
    try {
      const look = await glance.look(Date.now());
      if (look !== null && !isOver) watcher.looked(look);
      failed = '';
    } catch (error) {
      const why = reasonOf(error);
      if (why !== failed && !isOver) watcher.told({ kind: 'trouble', text: why });
      failed = why;
    }
    if (!isOver) timer = setTimeout(() => void turn(), RECONCILE_MS);
  };
  void turn();
  return () => {
    isOver = true;
    if (timer !== null) clearTimeout(timer);
  };
}

const REVIEWS: KubeKind = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  namespaced: false,
};

interface Review extends KubeObject {
  readonly spec: object;
  readonly status?: { readonly allowed: boolean };
}

/** Who may change a ring's DhtCluster may change all of it from here, its keys as well. */
async function reviewed(access: Access, ring: string): Promise<Permission> {
  const [namespace, name] = ring.split('/');
  const attributes = { group: GROUP, resource: 'dhtclusters', verb: 'patch', namespace, name };
  const review: Review = {
    apiVersion: REVIEWS.apiVersion,
    kind: REVIEWS.kind,
    // It is an answer, not an object: the API server keeps none, and takes no name.
    metadata: {} as KubeObject['metadata'],
    spec: { resourceAttributes: attributes },
  };
  try {
    const answer = await as(access, (user) => user.create(REVIEWS, review));
    return answer.status?.allowed === true ? 'permitted' : 'forbidden';
  } catch (error) {
    if (error instanceof RingError && error.code === 'UNAUTHORIZED') return 'unknown';
    throw error;
  }
}

/** A connection of its own for one order: it carries nothing but the caller's token. */
async function as<T>(access: Access, work: (user: KubeApi) => Promise<T>): Promise<T> {
  try {
    return await work(kubeApi(access));
  } finally {
    await access.close();
  }
}
