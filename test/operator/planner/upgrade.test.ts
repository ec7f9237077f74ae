import { describe, expect, test } from '@jest/globals';
import { DATA_LIMITS } from '../../../core/limits.ts';
import { IdealRing } from './ideal-ring.ts';

const rolling = (): IdealRing => {
  const ring = IdealRing.settledAt(3);
  ring.desired = { ...ring.desired, revision: 'r2' };
  return ring;
};

describe('a rolling restart', () => {
  test('restarts the highest ordinal first, one node at a time', () => {
    const ring = rolling();
    expect(ring.pass().action).toMatchObject({ kind: 'restart-node', id: 'dev-2' });
    ring.node(2).process = 'starting';
    expect(ring.pass()).toMatchObject({
      action: { kind: 'none' },
      waits: [{ nodes: ['dev-2'] }, { reason: 'NodesStarting' }],
    });
    ring.node(2).process = 'running';
    expect(ring.pass().action).toMatchObject({ kind: 'restart-node', id: 'dev-1' });
    ring.settle();
    expect([...ring.nodes.values()].map((node) => node.revision)).toEqual(['r2', 'r2', 'r2']);
  });

  test.each([
    [
      'a member is silent',
      (ring: IdealRing) => {
        ring.node(0).process = 'stopping';
      },
    ],
    [
      'hints are outstanding',
      (ring: IdealRing) => {
        ring.node(0).says = { hints: { items: 1, bytes: 1, oldestAgeMs: 1 } };
      },
    ],
    [
      'a member drains',
      (ring: IdealRing) => {
        ring.node(0).says = { draining: true };
      },
    ],
    [
      'the cluster is paused',
      (ring: IdealRing) => {
        ring.desired = { ...ring.desired, paused: true };
      },
    ],
  ])('waits while %s', (_, disturb) => {
    const ring = rolling();
    disturb(ring);
    const { action, waits, conditions } = ring.pass();
    expect(action).toEqual({ kind: 'none' });
    expect(waits).not.toEqual([]);
    expect(conditions.find((c) => c.type === 'RollingOut')).toMatchObject({ status: 'True' });
  });

  test('that broke a node heals by the next revision: what never came up needs no gate', () => {
    const ring = rolling();
    ring.pass();
    ring.node(2).process = 'starting';
    ring.desired = { ...ring.desired, revision: 'r3' };
    expect(ring.pass().action).toMatchObject({ kind: 'restart-node', id: 'dev-2' });
  });

  test('a stopped node is started with the new revision', () => {
    const ring = rolling();
    ring.stop(1);
    ring.settle();
    expect(ring.node(1)).toMatchObject({ process: 'running', revision: 'r2' });
  });
});

describe('settings', () => {
  test('mode and conflicts change without a restart', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, mode: 'sloppy', conflicts: 'lastWriterWins' };
    ring.settle();
    expect(ring.document).toMatchObject({ epoch: 2, mode: 'sloppy', conflicts: 'lastWriterWins' });
  });

  test('limits that could harm what exists are not taken', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, limits: { ...DATA_LIMITS, valueBytesMax: 1 } };
    ring.settle();
    expect(ring.document).toMatchObject({ epoch: 1, limits: DATA_LIMITS });
  });
});
