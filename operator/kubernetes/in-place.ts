// Is an object as it should be? Then the API server isn't asked to make it so. Pure.
import { utf8, xxh64 } from '../../core/xxh64.ts';
import type { KubeObject } from './api.ts';
import { APPLIED_ANNOTATION } from './names.ts';

/** With a note of all that is applied: a field that is wanted no more shows as another note. */
export function withNote<T extends KubeObject>(object: T): T {
  const { high, low } = xxh64(utf8(JSON.stringify({ ...object, metadata: notedPart(object) })));
  const note = high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
  const annotations = { ...object.metadata.annotations, [APPLIED_ANNOTATION]: note };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

export function noteOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[APPLIED_ANNOTATION] ?? '';
}

/** What it replaces is no part of what it should be. */
function notedPart({ metadata }: KubeObject): object {
  return { ...metadata, resourceVersion: undefined };
}

/** True where everything in `wanted` is in `live`, which has defaults and a status beside. */
export function isInPlace(live: KubeObject | null, wanted: KubeObject): boolean {
  if (live === null) return false;
  return contains(live, { ...wanted, metadata: notedPart(wanted) });
}

function contains(live: unknown, wanted: unknown): boolean {
  if (wanted === undefined || live === wanted) return true;
  if (live === undefined || live === null) return isEmpty(wanted);
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) &&
      live.length === wanted.length &&
      wanted.every((each, index) => contains(live[index], each))
    );
  }
  if (typeof wanted !== 'object' || wanted === null || typeof live !== 'object') return false;
  return Object.entries(wanted).every(([name, each]) =>
    contains((live as Readonly<Record<string, unknown>>)[name], each),
  );
}

/** The API server keeps no empty values. */
function isEmpty(wanted: unknown): boolean {
  if (wanted === '' || wanted === false || wanted === 0 || wanted === null) return true;
  return typeof wanted === 'object' && Object.values(wanted).every(isEmpty);
}
