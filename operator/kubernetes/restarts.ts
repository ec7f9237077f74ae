// One member at a time: looked at once more, live, at the moment of a restart. The planner's picture may
// be some moments old, and evictions ask nobody.
import { RingError } from '../../core/errors.ts';
import { KUBE_COMING_MS } from '../../core/limits.ts';
import { PODS } from './kinds.ts';
import { selectorOf } from './names.ts';
import type { Operated } from './operated.ts';
import { isLive } from './places.ts';
import { isPodReady } from './pod-troubles.ts';
import type { Pod } from './shapes.ts';

/**
 * Throws CONFLICT where this pod serves and another one is ending, or was made a moment ago and isn't in
 * the Service yet. One that serves nobody may always go, and one that stays sick holds up nobody.
 */
export async function checkAlone({ ring, api, nowMs }: Operated, pod: Pod): Promise<void> {
  if (!isPodReady(pod)) return;
  const { name } = pod.metadata;
  const pods = await api.list<Pod>(PODS, ring.namespace, selectorOf(ring.name));
  const away = pods.find(
    (other) =>
      other.metadata.name !== name &&
      isLive(other) &&
      (other.metadata.deletionTimestamp !== undefined || isComing(other, nowMs)),
  );
  if (away !== undefined)
    throw new RingError('CONFLICT', `${name} is not restarted before ${away.metadata.name} serves`);
}

function isComing(pod: Pod, nowMs: number): boolean {
  const madeMs = Date.parse(pod.metadata.creationTimestamp ?? '');
  return !isPodReady(pod) && nowMs - madeMs < KUBE_COMING_MS;
}
