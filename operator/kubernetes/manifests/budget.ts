// How many members may be evicted at a time. It follows the ring: none while a slot has fewer copies
// than it should.
import type { KubeObject } from '../api.ts';
import { BUDGETS } from '../kinds.ts';
import { objectNames, selectorOf } from '../names.ts';
import { ownedMetadata } from './ring.ts';
import type { Ring } from './ring.ts';

/** `mayLose`: every slot has all its copies, and nothing moves. */
export function disruptionBudget(ring: Ring, mayLose: boolean): KubeObject {
  const { apiVersion, kind } = BUDGETS;
  return {
    apiVersion,
    kind,
    metadata: ownedMetadata(ring, objectNames(ring.name).budget),
    spec: {
      maxUnavailable: mayLose ? 1 : 0,
      selector: { matchLabels: selectorOf(ring.name) },
      // A pod that is broken anyway must never hold up a drain (kubernetes 72320).
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  } as KubeObject;
}
