// Rings on Kubernetes as commands see them, through the API server alone: a DhtCluster, its pods, its
// Events, and for a forecast the ring document. Each command asks only for what it shows.
import type { DhtCluster } from '../../core/api/cluster.ts';
import { RingError } from '../../core/errors.ts';
import type { KubeObject, KubeRef } from '../kubernetes/api.ts';
import { documentIn } from '../kubernetes/document-map.ts';
import { EVENTS } from '../kubernetes/events.ts';
import { CLUSTERS, CONFIG_MAPS, PODS } from '../kubernetes/kinds.ts';
import { objectNames, selectorOf } from '../kubernetes/names.ts';
import { listing, patching } from '../kubernetes/operations.ts';
import type { ClusterObject, ConfigMap, Pod } from '../kubernetes/shapes.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { estimated } from './estimate.ts';
import { openDoor } from './kubernetes-door.ts';
import type { Door, KubernetesOptions } from './kubernetes-door.ts';
import { kubernetesLogs } from './kubernetes-logs.ts';
import { proxiedClient } from './kubernetes-proxy.ts';
import { clusterOf, clusterWith, viewOf } from './kubernetes-view.ts';
import type { Happened, Rings, SpecEdit, Target } from './target.ts';

/** Who the API server says has set what these commands set. */
const FIELD_MANAGER = 'kubectl-dht';
/** Times that a change is tried which met another one. */
const TRIES = 5;
/** ms: older warnings explain nothing of now. */
const WARNINGS_MS = 15 * 60_000;
const WARNINGS_MAX = 5;

export const kubernetesPlatform: Rings<KubernetesOptions> = {
  target: async (options) => {
    const door = openDoor(options);
    return targetOf(door, await door.told(() => oneRing(door, options)));
  },
  targets: async (options) => {
    const door = openDoor(options);
    const rings = await door.told(() => ringsOf(door, options));
    return rings.map((object) => ({
      ...targetOf(door, object),
      // What was listed says all that a line of a list shows.
      status: () => Promise.resolve(viewOf(object, null, Date.now())),
    }));
  },
  client: async (options, via) => {
    const door = openDoor(options);
    return proxiedClient(door, await door.told(() => proxyPath(door, options, via)));
  },
};

async function proxyPath(
  door: Door,
  options: KubernetesOptions,
  via: string | undefined,
): Promise<string> {
  const root = `/api/v1/namespaces/${encodeURIComponent(door.namespace)}`;
  if (via !== undefined) return `${root}/pods/${encodeURIComponent(via)}:8080/proxy`;
  const name = options.cluster ?? (await oneRing(door, options)).metadata.name;
  return `${root}/services/${encodeURIComponent(objectNames(name).client)}:8080/proxy`;
}

async function ringsOf(
  { api, namespace }: Door,
  { cluster, allNamespaces }: KubernetesOptions,
): Promise<readonly ClusterObject[]> {
  const all = await api.list<ClusterObject>(CLUSTERS, allNamespaces === true ? null : namespace);
  return all.filter(({ metadata }) => cluster === undefined || metadata.name === cluster);
}

/** Throws CommandFailed (not found) where there is none, or several and none is named. */
async function oneRing(door: Door, options: KubernetesOptions): Promise<ClusterObject> {
  const { api, namespace } = door;
  const { cluster } = options;
  if (cluster !== undefined) {
    const found = await api.get<ClusterObject>({ kind: CLUSTERS, namespace, name: cluster });
    if (found !== null) return found;
    throw new CommandFailed(
      EXIT.notFound,
      `there is no ring ${cluster} in namespace ${namespace}; -n names another one, get -A lists all`,
    );
  }
  const [first, ...others] = await api.list<ClusterObject>(CLUSTERS, namespace);
  if (first !== undefined && others.length === 0) return first;
  const known = [first, ...others].flatMap((each) => each?.metadata.name ?? []).join(', ');
  throw new CommandFailed(
    EXIT.notFound,
    first === undefined
      ? `there is no ring in namespace ${namespace}; -n names another one, get -A lists all`
      : `several rings are in namespace ${namespace}: name one (${known})`,
  );
}

function targetOf(door: Door, { metadata }: ClusterObject): Target {
  const { name } = metadata;
  const namespace = metadata.namespace ?? door.namespace;
  const ref: KubeRef = { kind: CLUSTERS, namespace, name };
  const { api, told } = door;
  const object = async (): Promise<ClusterObject> => {
    const found = await told(() => api.get<ClusterObject>(ref));
    if (found !== null) return found;
    throw new CommandFailed(EXIT.notFound, `the ring ${namespace}/${name} is gone`);
  };
  return {
    name,
    wish: `dhtcluster ${namespace}/${name}`,
    starter: null,
    pollMs: 1_000,
    status: async () => viewOf(await object(), await podsOf(door, ref), Date.now()),
    wanted: async () => clusterOf(await object()),
    imagined: async (edit) => clusterWith(await object(), edit),
    change: (edit) => told(() => change({ door, ref, object }, edit)),
    observe: async () => {
      const { status } = await object();
      const map = await told(() =>
        api.get<ConfigMap>({ kind: CONFIG_MAPS, namespace, name: objectNames(name).document }),
      );
      return estimated(name, documentIn(map), status ?? {});
    },
    warnings: async () => await warningsOf(door, await object()),
    logs: (wish) => kubernetesLogs(door, { namespace, name }, wish),
  };
}

interface Changing {
  readonly door: Door;
  readonly ref: KubeRef;
  readonly object: () => Promise<ClusterObject>;
}

/** A patch of the spec that holds only where nobody else has changed the object meanwhile. */
async function change(
  { door, ref, object }: Changing,
  edit: (spec: DhtCluster['spec']) => SpecEdit,
): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    const now = await object();
    const spec = differing(clusterOf(now).spec, edit(clusterOf(now).spec));
    if (Object.keys(spec).length === 0) return false;
    const { resourceVersion } = now.metadata;
    const operation = patching(ref, { metadata: { resourceVersion }, spec });
    const query = { ...operation.request.query, fieldManager: FIELD_MANAGER };
    try {
      await door.calls.success({ ...operation, request: { ...operation.request, query } });
      return true;
    } catch (error) {
      if (!(error instanceof RingError) || error.code !== 'CONFLICT' || tries === TRIES)
        throw error;
    }
  }
}

function differing(spec: DhtCluster['spec'], edit: SpecEdit): SpecEdit {
  return Object.fromEntries(
    Object.entries(edit).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(spec[field as keyof SpecEdit]),
    ),
  );
}

/** null: whoever asks may not list pods; the rest of a status needs none. */
async function podsOf(
  { api, told }: Door,
  { namespace, name }: KubeRef,
): Promise<readonly Pod[] | null> {
  return await told(() => api.list<Pod>(PODS, namespace, selectorOf(name))).catch(unlessForbidden);
}

interface Event extends KubeObject {
  readonly reason?: string;
  readonly note?: string;
  readonly eventTime?: string;
  readonly deprecatedLastTimestamp?: string;
  readonly series?: { readonly lastObservedTime?: string };
}

async function warningsOf(
  { calls, told }: Door,
  { metadata: { namespace = '', uid = '' } }: ClusterObject,
): Promise<readonly Happened[]> {
  const operation = listing({ kind: EVENTS, namespace }, { limit: 500, next: '' });
  const query = { ...operation.request.query, fieldSelector: `type=Warning,regarding.uid=${uid}` };
  const text = await told(() =>
    calls.success({ ...operation, request: { ...operation.request, query } }),
  ).catch(unlessForbidden);
  if (text === null) return [];
  const { items } = JSON.parse(text) as { readonly items: readonly Event[] };
  return items
    .map((event) => ({ atMs: momentOf(event), reason: event.reason ?? '', note: event.note ?? '' }))
    .filter(({ atMs }) => Date.now() - atMs <= WARNINGS_MS)
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, WARNINGS_MAX);
}

function momentOf({ series, eventTime, deprecatedLastTimestamp, metadata }: Event): number {
  const text = series?.lastObservedTime ?? eventTime ?? deprecatedLastTimestamp;
  return Date.parse(text ?? metadata.creationTimestamp ?? '') || 0;
}

function unlessForbidden(error: unknown): null {
  if (error instanceof RingError && error.code === 'FORBIDDEN') return null;
  throw error;
}
