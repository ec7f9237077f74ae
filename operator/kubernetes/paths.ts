// Where an object is at the API server. Pure.
import { assert } from '../../core/assert.ts';
import type { KubeKind, KubeObject, KubeRef } from './api.ts';

/** `/apis/apps/v1/namespaces/rings/statefulsets`; the core group is called `api`, without a group. */
export function collectionPath(
  { apiVersion, plural, namespaced }: KubeKind,
  namespace: string | null,
): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  if (!namespaced || namespace === null) return `${root}/${plural}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

export function objectPath({ kind, namespace, name }: KubeRef): string {
  assert(!kind.namespaced || namespace !== null, `${kind.plural} ${name}: no namespace`);
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

export function refOf(kind: KubeKind, { metadata }: KubeObject): KubeRef {
  return { kind, namespace: metadata.namespace ?? null, name: metadata.name };
}

/** `app=a,tier=b`. */
export function selectorText(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
}

/** For messages: `statefulsets rings/dev`. */
export function nameOf({ kind, namespace, name }: KubeRef): string {
  return `${kind.plural} ${namespace === null ? '' : `${namespace}/`}${name}`;
}
