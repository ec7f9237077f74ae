// Which call of the API server each verb of the port is, and whether a second one after a first one of
// unknown outcome does harm. Pure.
import { RingError } from '../../core/errors.ts';
import type { KubeKind, KubeObject, KubeRef, KubeVerb, Preconditions, WatchScope } from './api.ts';
import type { KubeRequest } from './http.ts';
import { FIELD_MANAGER } from './names.ts';
import { collectionPath, nameOf, objectPath, refOf, selectorText } from './paths.ts';

export interface Operation {
  readonly verb: KubeVerb;
  readonly kind: KubeKind;
  /** For messages: `apply statefulsets rings/dev`. */
  readonly what: string;
  readonly request: KubeRequest;
  readonly isRepeatable: boolean;
}

/** One page of a list; `next`: where the page before ended, empty for the first. */
export function listing(
  { kind, namespace, selector = {} }: WatchScope,
  { limit, next }: { readonly limit: number; readonly next: string },
): Operation {
  const query = {
    limit: String(limit),
    ...(Object.keys(selector).length > 0 ? { labelSelector: selectorText(selector) } : {}),
    ...(next === '' ? {} : { continue: next }),
  };
  return {
    verb: 'list',
    kind,
    what: `list ${kind.plural}`,
    request: { method: 'GET', path: collectionPath(kind, namespace), query },
    isRepeatable: true,
  };
}

export function getting(ref: KubeRef): Operation {
  return {
    verb: 'get',
    kind: ref.kind,
    what: `get ${nameOf(ref)}`,
    request: { method: 'GET', path: objectPath(ref), query: {} },
    isRepeatable: true,
  };
}

/** The same twice is the same once. */
export function applying(ref: KubeRef, object: object, subresource: '' | '/status'): Operation {
  return {
    verb: 'patch',
    kind: ref.kind,
    what: `apply ${nameOf(ref)}${subresource}`,
    request: {
      method: 'PATCH',
      path: `${objectPath(ref)}${subresource}`,
      query: { fieldManager: FIELD_MANAGER, force: 'true' },
      // JSON is YAML.
      body: { type: 'application/apply-patch+yaml', text: JSON.stringify(object) },
    },
    isRepeatable: true,
  };
}

/** Repeated, it would be told that its own first try exists already. */
export function creating(kind: KubeKind, object: KubeObject): Operation {
  const ref = refOf(kind, object);
  return {
    verb: 'create',
    kind,
    what: `create ${nameOf(ref)}`,
    request: {
      method: 'POST',
      path: collectionPath(kind, ref.namespace),
      query: { fieldManager: FIELD_MANAGER },
      body: { type: 'application/json', text: JSON.stringify(object) },
    },
    isRepeatable: false,
  };
}

/** Repeated, it would meet its own first try as a conflict. */
export function replacing(ref: KubeRef, object: KubeObject): Operation {
  if (object.metadata.resourceVersion === undefined)
    throw new RingError('INVALID', `replace ${nameOf(ref)}: without a resourceVersion it is blind`);
  return {
    verb: 'update',
    kind: ref.kind,
    what: `replace ${nameOf(ref)}`,
    request: {
      method: 'PUT',
      path: objectPath(ref),
      query: { fieldManager: FIELD_MANAGER },
      body: { type: 'application/json', text: JSON.stringify(object) },
    },
    isRepeatable: false,
  };
}

export function patching(ref: KubeRef, patch: object): Operation {
  return {
    verb: 'patch',
    kind: ref.kind,
    what: `patch ${nameOf(ref)}`,
    request: {
      method: 'PATCH',
      path: objectPath(ref),
      query: { fieldManager: FIELD_MANAGER },
      body: { type: 'application/merge-patch+json', text: JSON.stringify(patch) },
    },
    isRepeatable: false,
  };
}

/** The UID says which object, so a second one can't hit a successor of the same name. */
export function removing(
  ref: KubeRef,
  { uid, resourceVersion }: Preconditions,
  graceSeconds: number | undefined,
): Operation {
  const options = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: 'Background',
    preconditions: { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
  };
  return {
    verb: 'delete',
    kind: ref.kind,
    what: `delete ${nameOf(ref)}`,
    request: {
      method: 'DELETE',
      path: objectPath(ref),
      query: {},
      body: { type: 'application/json', text: JSON.stringify(options) },
    },
    isRepeatable: true,
  };
}
