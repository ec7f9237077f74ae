import { describe, expect, test } from '@jest/globals';
import { epoch } from '../../../core/api/ids.ts';
import type { NodeReport } from '../../../core/api/admin.ts';
import type { WaitReason } from '../../../operator/planner/actions.ts';
import { plan } from '../../../operator/planner/plan.ts';
import { IdealRing } from './ideal-ring.ts';

/** A settled ring that is asked to shrink while something is in the way. */
interface Case {
  readonly reason: WaitReason;
  readonly members: number;
  readonly to: number;
  readonly zones?: number;
  readonly disturb: (ring: IdealRing) => void;
}

const says = (ordinal: number, word: Partial<NodeReport>) => (ring: IdealRing) => {
  ring.node(ordinal).says = word;
};
const HINTS = { hints: { items: 3, bytes: 30, oldestAgeMs: 1 } };

const CASES: readonly [string, Case][] = [
  [
    'replicas below the replication factor',
    {
      reason: 'BelowReplicationFactor',
      members: 3,
      to: 2,
      disturb: () => undefined,
    },
  ],
  [
    'a zone that would be empty',
    {
      reason: 'ZoneRuleBroken',
      members: 4,
      to: 3,
      zones: 4,
      disturb: () => undefined,
    },
  ],
  [
    'a leaver whose slots miss a copy',
    {
      reason: 'UnderReplicated',
      members: 4,
      to: 3,
      disturb: (ring) => {
        ring.stop(0);
      },
    },
  ],
  [
    'a new owner without room',
    {
      reason: 'DiskWouldFill',
      members: 4,
      to: 3,
      disturb: says(0, { diskFreeBytes: 1000 }),
    },
  ],
  [
    'a member that does not answer',
    {
      reason: 'MemberUnreachable',
      members: 5,
      to: 4,
      disturb: (ring) => {
        ring.stop(1);
      },
    },
  ],
  [
    'hints that are outstanding',
    { reason: 'HintsOutstanding', members: 4, to: 3, disturb: says(1, HINTS) },
  ],
  [
    'clean-up after another change',
    {
      reason: 'OperationInFlight',
      members: 4,
      to: 3,
      disturb: (ring) => {
        ring.document = { ...ring.document!, uncleaned: [ring.node(0).incarnation] };
        for (const node of ring.nodes.values()) node.document = ring.document;
        ring.node(0).unclean = 2;
      },
    },
  ],
  [
    'an incarnation that is being rebuilt',
    {
      reason: 'RebuildInProgress',
      members: 5,
      to: 4,
      disturb: (ring) => {
        ring.wipe(1);
        ring.stop(1);
        while (ring.pass().action.kind !== 'start-node');
        ring.stop(1);
      },
    },
  ],
  [
    'a rollout that is failing',
    {
      reason: 'RolloutFailing',
      members: 4,
      to: 3,
      disturb: (ring) => {
        ring.desired = { ...ring.desired, revision: 'r2' };
        ring.node(3).revision = 'r2';
        ring.node(3).says = { serving: false };
      },
    },
  ],
  [
    'digests that differ',
    { reason: 'DigestMismatch', members: 4, to: 3, disturb: says(2, { unequalSlots: 1 }) },
  ],
  [
    'a node on which the ring document is unknown',
    {
      reason: 'DocumentUnknown',
      members: 4,
      to: 3,
      disturb: says(2, { serving: false }),
    },
  ],
  [
    'a paused cluster',
    {
      reason: 'Paused',
      members: 4,
      to: 3,
      disturb: (ring) => {
        ring.desired = { ...ring.desired, paused: true };
      },
    },
  ],
];

describe('a scale-in is held by', () => {
  test.each(CASES)('%s', (_, { reason, members, to, zones, disturb }) => {
    const ring = IdealRing.settledAt(members, {}, zones ?? 1);
    disturb(ring);
    ring.desired = { ...ring.desired, replicas: to };
    ring.nowMs += ring.desired.barrierWaitMs;
    const seen = ring.observe();
    const bytes = new Array<number>(16).fill(1e9);
    const observed =
      reason === 'DiskWouldFill'
        ? {
            ...seen,
            loads: new Map(
              [...ring.nodes.values()].map((n) => [n.incarnation, { keys: bytes, bytes }]),
            ),
          }
        : seen;
    const { action, waits, conditions } = plan(ring.desired, observed);
    expect(action.kind).not.toBe('store-document');
    const wait = waits.find((w) => w.reason === reason);
    expect(wait?.message).toMatch(/\w/);
    expect(wait?.unblock).toMatch(/\w/);
    const blocked = conditions.find((c) => c.type === 'ScaleInBlocked');
    expect(blocked).toMatchObject({ status: 'True' });
    // Taking the demand back always unblocks.
    ring.desired = { ...ring.desired, replicas: members, paused: false };
    const again = plan(ring.desired, ring.observe());
    expect(again.conditions.find((c) => c.type === 'ScaleInBlocked')).toMatchObject({
      status: 'False',
    });
  });

  test('nothing: then it begins', () => {
    const ring = IdealRing.settledAt(4);
    ring.desired = { ...ring.desired, replicas: 3 };
    expect(ring.pass().action).toMatchObject({
      kind: 'store-document',
      document: { phase: 'write-both', epoch: 2 },
    });
  });

  test('another change under way: it finishes first', () => {
    const ring = IdealRing.settledAt(4);
    ring.desired = { ...ring.desired, replicas: 5 };
    while (ring.document!.phase !== 'read-new') ring.pass();
    ring.node(1).says = { epoch: epoch(0), clusterId: null };
    ring.node(2).says = { epoch: epoch(0), clusterId: null };
    ring.desired = { ...ring.desired, replicas: 3 };
    const before = ring.document;
    for (let i = 0; i < 5; i++) ring.pass();
    expect(ring.document).toBe(before);
  });
});

describe('gates are directional', () => {
  test('a silent member and outstanding hints hold back no scale-out', () => {
    const ring = IdealRing.settledAt(4);
    ring.stop(1);
    ring.node(2).says = HINTS;
    ring.desired = { ...ring.desired, replicas: 5 };
    ring.node(1).silentSinceMs = 0;
    ring.apply({ kind: 'start-node', id: ring.observe().nameOf(4) });
    ring.nowMs += ring.desired.barrierWaitMs;
    expect(ring.pass().action).toMatchObject({
      kind: 'store-document',
      document: { phase: 'write-both' },
    });
  });

  test('a lost member is replaced although others do not answer and joiners are still starting', () => {
    const ring = IdealRing.settledAt(5);
    ring.wipe(1);
    ring.desired = { ...ring.desired, replicas: 7 };
    while (ring.document!.phase === 'stable') ring.pass();
    expect(ring.document!.change!.summary).toMatch(/^replace dev-1/);
  });

  test('what is refused for leaving does not hold back joining', () => {
    const ring = IdealRing.settledAt(4);
    ring.node(2).says = HINTS;
    ring.desired = { ...ring.desired, decommission: [ring.node(0).id] };
    while (ring.document!.phase === 'stable') ring.pass();
    expect(ring.document!.change!.summary).toBe('join dev-4');
  });
});

test('whoever is to be replaced stays until the successor has answered, and that is no stall', () => {
  const ring = IdealRing.settledAt(3);
  ring.desired = { ...ring.desired, decommission: [ring.node(1).id] };
  while (ring.pass().action.kind !== 'start-node');
  ring.cut(3);
  const { waits, conditions } = ring.pass();
  expect(waits[0]).toMatchObject({ reason: 'NodesStarting', nodes: ['dev-3'] });
  expect(conditions.find(({ type }) => type === 'Stalled')?.status).toBe('False');
  expect(ring.seats()).toEqual(['dev-0', 'dev-1', 'dev-2']);
});
