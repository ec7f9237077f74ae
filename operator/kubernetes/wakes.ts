// Which ring a change concerns, and whether it is worth a pass: what we write ourselves, and the many
// small words of kubelets, are not. Pure but for what it remembers of hosts.
import type { KubeKind, KubeObject } from './api.ts';
import { CLUSTERS, HOSTS } from './kinds.ts';
import type { ObjectChange } from './reflector.ts';
import type { Host } from './shapes.ts';

/** `namespace/name` of a DhtCluster. */
export type ClusterKey = string;

export const keyOf = (namespace: string, name: string): ClusterKey => `${namespace}/${name}`;

export function partsOf(key: ClusterKey): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}

/** In place of a key: it may concern every ring. */
export const EVERY_RING: ClusterKey = '*';

export class Wakes {
  /** What counts of an object that changes often, by its UID. */
  private readonly known = new Map<string, string>();

  concern(kind: KubeKind, { kind: what, object }: ObjectChange<KubeObject>): ClusterKey | null {
    const { namespace = '', name, labels } = object.metadata;
    if (kind === HOSTS) return this.isNews(what, object, essenceOfHost(object)) ? EVERY_RING : null;
    if (kind === CLUSTERS)
      return this.isNews(what, object, essenceOfCluster(object)) ? keyOf(namespace, name) : null;
    const ring = labels?.['app.kubernetes.io/instance'];
    return ring === undefined ? null : keyOf(namespace, ring);
  }

  private isNews(what: 'set' | 'gone', object: KubeObject, essence: string): boolean {
    const uid = object.metadata.uid ?? '';
    if (what === 'gone') {
      this.known.delete(uid);
      return true;
    }
    const isNew = this.known.get(uid) !== essence;
    this.known.set(uid, essence);
    return isNew;
  }
}

/** Its status is our own word. */
function essenceOfCluster({ metadata }: KubeObject): string {
  const { generation, deletionTimestamp, finalizers } = metadata;
  return JSON.stringify([generation, deletionTimestamp, finalizers]);
}

/** Hosts report every few seconds that they are still there. */
function essenceOfHost(object: KubeObject): string {
  const { metadata, spec, status } = object as Host;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return JSON.stringify([metadata.labels, spec?.unschedulable, ready]);
}
