// What a running ring keeps when the operator is upgraded: the form of its pods and, where its spec
// names none, their image. Both move on when the user asks for a restart, never by themselves.
import type { ClusterSpec } from '../../core/api/cluster.ts';
import { PINNED_ANNOTATION } from './names.ts';
import type { KubeObject } from './api.ts';

export interface Pinned {
  /** Which form of the pod template (manifests/pod-template.ts). */
  readonly template: number;
  /** Image of pods whose spec names none. */
  readonly image: string;
  /** `spec.restartedAt` when these were pinned. */
  readonly restartedAt: string;
}

/** What this operator would give a new ring. */
export interface Latest {
  readonly template: number;
  readonly image: string;
}

/** What the ring is to have now; `holder` is its StatefulSet, null: it is to be made. */
export function pinned(holder: KubeObject | null, spec: ClusterSpec, latest: Latest): Pinned {
  const restartedAt = spec.restartedAt ?? '';
  const kept = holder === null ? null : readPinned(holder);
  return kept?.restartedAt === restartedAt ? kept : { ...latest, restartedAt };
}

/** True where a restart (`spec.restartedAt`) would bring something newer. */
export function requiresUpdate(kept: Pinned, spec: ClusterSpec, latest: Latest): boolean {
  const olderImage = spec.image === undefined && kept.image !== latest.image;
  return kept.template < latest.template || olderImage;
}

export function pinnedAnnotation({ template, image, restartedAt }: Pinned): Record<string, string> {
  return { [PINNED_ANNOTATION]: JSON.stringify({ template, image, restartedAt }) };
}

/** null: there is none, or it can't be read; then the latest is right, since nothing else is known. */
function readPinned(holder: KubeObject): Pinned | null {
  const text = holder.metadata.annotations?.[PINNED_ANNOTATION];
  if (text === undefined) return null;
  try {
    const { template, image, restartedAt } = JSON.parse(text) as Partial<Pinned>;
    return typeof template === 'number' &&
      typeof image === 'string' &&
      typeof restartedAt === 'string'
      ? { template, image, restartedAt }
      : null;
  } catch {
    return null;
  }
}
