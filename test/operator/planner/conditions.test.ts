import { describe, expect, test } from '@jest/globals';
import type { Plan } from '../../../operator/planner/plan.ts';
import { explain, ranges } from '../../../operator/planner/conditions.ts';
import { IdealRing } from './ideal-ring.ts';

const statuses = ({ conditions }: Plan) =>
  Object.fromEntries(conditions.map((c) => [c.type, c.status]));

describe('conditions', () => {
  test('of a ring at rest', () => {
    expect(statuses(IdealRing.settledAt(3).pass())).toEqual({
      Ready: 'True',
      Reconciling: 'False',
      Stalled: 'False',
      RingConverged: 'True',
      ReplicationSatisfied: 'True',
      ScalingOut: 'False',
      ScalingIn: 'False',
      ScaleInBlocked: 'False',
      RollingOut: 'False',
      Paused: 'False',
      DataLossPossible: 'False',
    });
  });

  test('before there is a ring', () => {
    expect(statuses(new IdealRing().pass())).toMatchObject({
      Ready: 'False',
      Reconciling: 'True',
      Stalled: 'False',
      RingConverged: 'Unknown',
    });
  });

  test('while members join', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 5 };
    while (ring.document!.phase === 'stable') ring.pass();
    expect(statuses(ring.pass())).toMatchObject({
      Ready: 'True',
      Reconciling: 'True',
      RingConverged: 'False',
      ScalingOut: 'True',
      ScalingIn: 'False',
    });
  });

  test('one silent member misses copies, two of a set lose the quorum', () => {
    const ring = IdealRing.settledAt(3);
    ring.node(0).process = 'stopping';
    expect(statuses(ring.pass())).toMatchObject({ Ready: 'True', ReplicationSatisfied: 'False' });
    ring.node(1).process = 'stopping';
    const { conditions } = ring.pass();
    expect(conditions[0]).toMatchObject({ type: 'Ready', status: 'False', reason: 'QuorumLost' });
    expect(conditions[0]!.message).toMatch(/0-15/);
  });

  test('a refused scale-in stalls and says what would unblock it', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 2 };
    const { conditions } = ring.pass();
    const of = (type: string) => conditions.find((c) => c.type === type);
    expect(of('Stalled')).toMatchObject({ status: 'True', reason: 'BelowReplicationFactor' });
    expect(of('ScaleInBlocked')!.message).toMatch(/at least 3 replicas/);
  });

  test('of a split ring', () => {
    const ring = IdealRing.settledAt(3);
    ring.node(1).says = { splitRing: true };
    expect(ring.pass().conditions.find((c) => c.type === 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'SplitRing',
    });
  });
});

test.each([
  [[], ''],
  [[3], '3'],
  [[0, 1, 2, 5, 7, 8], '0-2, 5, 7-8'],
  [[0, 2, 4, 6, 8, 10, 12, 14, 16, 18], '0, 2, 4, 6, 8, 10, 12, 14 and 2 more ranges'],
])('slots %j are written %j', (slots, text) => {
  expect(ranges(slots)).toBe(text);
});

test('a wait explains itself in one line', () => {
  expect(
    explain({ reason: 'Paused', message: 'It waits', unblock: 'Set paused to false', nodes: [] }),
  ).toBe('Paused: It waits. Set paused to false.');
});
