// What an operator finds and makes of a ring of three at rest, for it to publish.
import { changeId, clusterId, nodeId } from '../../core/api/ids.ts';
import type { Observed } from '../../operator/planner/observed.ts';
import type { Plan } from '../../operator/planner/plan.ts';
import { founded } from '../core/membership/founded.ts';

export const RING = founded(['0', '1', '2']);

export const REST: Plan = {
  action: { kind: 'none' },
  waits: [],
  operation: null,
  conditions: [
    { type: 'Ready', status: 'True', reason: 'QuorumsHold', message: 'Every slot can be read' },
    { type: 'Reconciling', status: 'False', reason: 'Converged', message: '' },
  ],
};

export const seenAt = (nowMs: number): Observed => ({
  nowMs,
  document: RING,
  highest: RING,
  nodes: [],
  lostIncarnations: [],
  releasedVolumes: [],
  loads: new Map(),
  fresh: { clusterId: clusterId('0123456789abcdef'), changeId: changeId('0123456789ab') },
  nameOf: (ordinal) => nodeId(`dev-${ordinal}`),
});
