import { describe, expect, test } from '@jest/globals';
import { clusterId, epoch } from '../../../core/api/ids.ts';
import { plan } from '../../../operator/planner/plan.ts';
import { IdealRing } from './ideal-ring.ts';

const grown = () => {
  const ring = IdealRing.settledAt(3);
  ring.desired = { ...ring.desired, replicas: 4 };
  ring.settle();
  return ring;
};

describe('the ring document', () => {
  test('is stored again from the nodes where the store lost it', () => {
    const ring = grown();
    const highest = ring.document!;
    ring.document = null;
    expect(ring.pass().action).toEqual({
      kind: 'store-document',
      document: highest,
      replaces: null,
    });
  });

  test('is stored again from the nodes where the store came back older', () => {
    const ring = IdealRing.settledAt(3);
    const old = ring.document!;
    ring.desired = { ...ring.desired, replicas: 4 };
    ring.settle();
    const highest = ring.document!;
    ring.document = old;
    expect(ring.pass().action).toEqual({
      kind: 'store-document',
      document: highest,
      replaces: old,
    });
  });

  test('is never bootstrapped over: nodes of a ring without a document are waited for', () => {
    const ring = grown();
    const observed = { ...ring.observe(), document: null, highest: null };
    expect(plan(ring.desired, observed)).toMatchObject({
      action: { kind: 'none' },
      waits: [{ reason: 'DocumentUnknown' }],
    });
  });

  test('is not written anew while a node claims a higher epoch that could not be fetched', () => {
    const ring = grown();
    ring.node(2).says = { epoch: epoch(99) };
    ring.desired = { ...ring.desired, replicas: 5 };
    expect(ring.pass()).toMatchObject({
      action: { kind: 'none' },
      waits: [{ reason: 'DocumentUnknown' }],
    });
  });

  test('of a foreign ring is not mixed with ours', () => {
    const ring = grown();
    const foreign = { ...ring.document!, clusterId: clusterId('other'), epoch: epoch(99) };
    expect(plan(ring.desired, { ...ring.observe(), highest: foreign })).toMatchObject({
      action: { kind: 'none' },
      waits: [{ reason: 'DocumentUnknown' }],
    });
  });

  test('leaves an epoch out while a member is silent: it may hold that one under a forgotten document', () => {
    const ring = IdealRing.settledAt(4);
    const forgotten = ring.document!;
    ring.stop(3);
    ring.desired = { ...ring.desired, mode: 'sloppy' };
    ring.pass();
    expect(ring.document!.epoch).toBe(forgotten.epoch + 2);
  });

  test('is not followed by an epoch while nobody answers, however many of its members are lost', () => {
    const ring = IdealRing.settledAt(3);
    ring.wipe(1);
    while (ring.document!.phase !== 'read-new') ring.pass();
    const forgotten = ring.document!;
    ring.settle();
    ring.wipe(2);
    while (!ring.document!.members.some((member) => member.lost)) ring.pass();
    ring.pass();
    for (const ordinal of [0, 1, 2]) ring.cut(ordinal);
    ring.restore(forgotten);
    expect(ring.settle().waits).toContainEqual(
      expect.objectContaining({ reason: 'DocumentUnknown' }),
    );
    expect(ring.document).toBe(forgotten);
  });

  test.each(['read-new', 'stable'] as const)(
    'is not followed by an epoch while most of those who read from it, in %s, are silent',
    (phase) => {
      const ring = IdealRing.settledAt(3, {
        replicationFactor: 1,
        readQuorum: 1,
        writeQuorum: 1,
      });
      ring.desired = { ...ring.desired, replicas: 7 };
      while (ring.document!.phase !== 'read-new') ring.pass();
      if (phase === 'stable') ring.settle();
      const forgotten = ring.document!;
      for (const ordinal of [3, 4, 5, 6]) ring.cut(ordinal);
      ring.wipe(0);
      ring.settle();
      expect(ring.document).toBe(forgotten);
    },
  );

  test('is followed by an epoch while most members answer, whichever slots the silent ones share', () => {
    const ring = IdealRing.settledAt(5);
    const before = ring.document!.epoch;
    for (const ordinal of [3, 4]) ring.cut(ordinal);
    ring.desired = { ...ring.desired, mode: 'sloppy' };
    ring.settle();
    expect(ring.document).toMatchObject({ mode: 'sloppy', epoch: before + 2 });
  });

  test('goes to every node that lags, and to no stranger', () => {
    const ring = grown();
    ring.node(1).says = { epoch: epoch(1) };
    ring.node(2).says = { clusterId: clusterId('other'), epoch: epoch(1) };
    expect(ring.pass().action).toMatchObject({ kind: 'post-document', to: ['dev-1'] });
  });

  test('goes out again when only its full barrier is new', () => {
    const ring = grown();
    ring.node(1).says = { fullBarrier: epoch(0) };
    expect(ring.pass().action).toMatchObject({ kind: 'post-document', to: ['dev-1'] });
  });
});

test('two documents of one epoch stop everything, and who holds the wrong one is named alone', () => {
  const ring = grown();
  ring.node(0).says = { splitRing: true };
  ring.node(1).says = { documentHash: 'another', splitRing: true };
  ring.desired = { ...ring.desired, replicas: 5 };
  expect(ring.pass()).toMatchObject({
    action: { kind: 'none' },
    waits: [{ reason: 'SplitRing', nodes: ['dev-1'] }],
  });
});

test('members that met a second document are named for a restart, once its holder is gone', () => {
  const ring = grown();
  ring.node(0).says = { splitRing: true };
  expect(ring.pass()).toMatchObject({
    action: { kind: 'none' },
    waits: [{ reason: 'SplitRing', nodes: ['dev-0'], unblock: expect.stringMatching(/restart/) }],
  });
});

describe('a ring is founded', () => {
  test('only once every node has answered', () => {
    const ring = new IdealRing();
    expect([ring.pass(), ring.pass(), ring.pass()].map(({ action }) => action)).toEqual(
      ['dev-0', 'dev-1', 'dev-2'].map((id) => ({ kind: 'start-node', id })),
    );
    ring.node(1).process = 'starting';
    expect(ring.pass()).toMatchObject({
      action: { kind: 'none' },
      waits: [{ reason: 'NodesStarting', nodes: ['dev-1'] }],
    });
    ring.node(1).process = 'running';
    expect(ring.pass().action).toMatchObject({
      kind: 'store-document',
      document: { epoch: 1 },
      replaces: null,
    });
  });

  test('not while paused', () => {
    const ring = new IdealRing({ paused: true });
    expect(ring.pass()).toMatchObject({ action: { kind: 'none' }, waits: [{ reason: 'Paused' }] });
  });

  test('with fewer members than copies, which its conditions say', () => {
    const ring = IdealRing.settledAt(1);
    expect(ring.pass().conditions).toContainEqual(
      expect.objectContaining({
        type: 'ReplicationSatisfied',
        status: 'False',
        reason: 'TooFewMembers',
      }),
    );
  });
});
