import { describe, expect, test } from '@jest/globals';
import { changeId, clusterId, nodeId } from '../../../core/api/ids.ts';
import { STATUS } from '../../../core/api/cluster-status.ts';
import { read } from '../../../core/api/validate.ts';
import { clusterStatus, sameButFigures } from '../../../operator/kubernetes/status.ts';
import type { StatusInput } from '../../../operator/kubernetes/status.ts';
import type { Wait } from '../../../operator/planner/actions.ts';
import { IdealRing } from '../planner/ideal-ring.ts';

const STREAMS: Wait = {
  reason: 'StreamsRunning',
  message: '9 slots are being copied to dev-3',
  unblock: 'The copies end by themselves',
  nodes: [nodeId('dev-3')],
};
const input = (
  waits: readonly Wait[],
  nowMs: number,
  before: StatusInput['before'],
): StatusInput => ({
  metadata: { name: 'dev', generation: 2 },
  plan: { action: { kind: 'none' }, waits, operation: null, conditions: [] },
  observed: {
    nowMs,
    document: null,
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
  before,
});

describe('the status of a DhtCluster', () => {
  test('tells all that waits, since when, and what would unblock it, as the definition has it', () => {
    const first = clusterStatus(input([STREAMS], 1_000, null));
    const later = clusterStatus(input([STREAMS], 61_000, first));
    expect(later.waits).toEqual([
      {
        reason: 'StreamsRunning',
        message: '9 slots are being copied to dev-3',
        unblock: 'The copies end by themselves',
        members: ['dev-3'],
        since: '1970-01-01T00:00:01Z',
      },
    ]);
    const problems: never[] = [];
    read(later, STATUS, 'status', { problems, elsewhere: () => null });
    expect(problems).toEqual([]);
  });

  test('of a ring that waits for nothing says nothing of waits', () => {
    expect(clusterStatus(input([], 1_000, null))).not.toHaveProperty('waits');
  });

  test('marks the members whose disk is full, and is another one then', () => {
    const ring = IdealRing.settledAt(3);
    const status = () => clusterStatus({ ...input([], 1_000, null), observed: ring.observe() });
    const before = status();
    expect(before.members?.filter((member) => 'diskFull' in member)).toEqual([]);
    ring.node(1).says = { diskFull: true };
    const full = status();
    expect(full.members).toMatchObject([{}, { name: 'dev-1', diskFull: true }, {}]);
    expect(full.members?.filter((member) => 'diskFull' in member)).toHaveLength(1);
    expect(sameButFigures(before, full)).toBe(false);
  });

  test('is not another one because the figures of a wait have changed', () => {
    const first = clusterStatus(input([STREAMS], 1_000, null));
    const fewer = { ...STREAMS, message: '7 slots are being copied to dev-3' };
    expect(sameButFigures(first, clusterStatus(input([fewer], 2_000, first)))).toBe(true);
    expect(sameButFigures(first, clusterStatus(input([], 2_000, first)))).toBe(false);
  });
});
