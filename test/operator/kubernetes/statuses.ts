// What a status is made of, for a ring that nobody has asked anything yet.
import { changeId, clusterId, nodeId } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import type { StatusInput } from '../../../operator/kubernetes/status.ts';

export const statusInput = (
  document: RingDocument | null,
  more: Partial<StatusInput> = {},
): StatusInput => ({
  metadata: { name: 'dev', generation: 2 },
  plan: { action: { kind: 'none' }, waits: [], operation: null, conditions: [] },
  observed: {
    nowMs: 1_000,
    document,
    highest: null,
    nodes: [],
    lostIncarnations: [],
    releasedVolumes: [],
    loads: new Map(),
    fresh: { clusterId: clusterId('0123456789abcdef'), changeId: changeId('0123456789ab') },
    nameOf: (ordinal) => nodeId(`dev-${ordinal}`),
  },
  replicas: 3,
  conditions: [],
  before: null,
  ...more,
});
