import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import type { Plan } from '../../../operator/planner/plan.ts';
import { IdealRing } from './ideal-ring.ts';

/** A ring of four that has just finished to let dev-3 go; nobody has cleaned up. */
function shrunk(): IdealRing {
  const ring = IdealRing.settledAt(4);
  ring.desired = { ...ring.desired, replicas: 3 };
  while (ring.document!.settled === null) ring.pass();
  return ring;
}

const kinds = (ring: IdealRing, passes: number) =>
  Array.from({ length: passes }, () => ring.pass().action.kind);

describe('a leaver', () => {
  test('goes by post, full barrier, receipt, removal and then its name, in this order', () => {
    const ring = shrunk();
    const epochs: number[] = [];
    const seen = Array.from({ length: 9 }, () => {
      const { action } = ring.pass();
      epochs.push(ring.document!.epoch);
      return action.kind;
    });
    expect(seen).toEqual([
      'post-document',
      'store-document',
      'post-document',
      'store-document',
      'post-document',
      'remove-node',
      'store-document',
      'post-document',
      'none',
    ]);
    expect(epochs[1]).toBe(epochs[0]);
    expect(ring.document!.members.map((m) => m.id)).toEqual(['dev-0', 'dev-1', 'dev-2']);
  });

  test('stays while it holds slots or hints that were not handed over', () => {
    for (const word of [{ uncleanSlots: 1 }, { hints: { items: 1, bytes: 1, oldestAgeMs: 1 } }]) {
      const ring = shrunk();
      ring.node(3).says = word;
      const { waits } = ring.settle();
      expect(ring.ids()).toContain('dev-3');
      expect(waits).toContainEqual(
        expect.objectContaining({ reason: 'CleanUpRunning', nodes: ['dev-3'] }),
      );
      ring.node(3).says = {};
      ring.settle();
      expect(ring.ids()).not.toContain('dev-3');
    }
  });

  test('stays while it is silent: no answer is never proof', () => {
    const ring = shrunk();
    ring.stop(3);
    ring.node(3).process = 'stopping';
    ring.settle();
    expect(ring.removed).toEqual([]);
    ring.node(3).process = 'stopped';
    ring.settle();
    expect(ring.removed).toHaveLength(1);
  });

  test('stays while any member named has not acknowledged the final epoch (R8)', () => {
    const ring = shrunk();
    ring.stop(0);
    ring.node(0).process = 'stopping';
    const { waits } = ring.settle();
    expect(ring.removed).toEqual([]);
    expect(waits).toContainEqual(
      expect.objectContaining({ reason: 'CleanUpRunning', nodes: ['dev-0'] }),
    );
  });

  test('that takes its time to end holds up no other one', () => {
    const ring = IdealRing.settledAt(5);
    ring.desired = { ...ring.desired, replicas: 3 };
    while (ring.document!.receipts.length < 2) ring.pass();
    ring.node(3).process = 'stopping';
    ring.pass();
    const removal = () => ring.pass().action;
    expect([removal(), removal()]).toMatchObject([
      { kind: 'remove-node', id: 'dev-4' },
      { kind: 'remove-node', id: 'dev-3' },
    ]);
  });

  test('is removed once only on the volume that its receipt names', () => {
    const ring = shrunk();
    while (ring.document!.receipts.length === 0) ring.pass();
    ring.node(3).volume = 'another volume';
    ring.node(3).process = 'stopping';
    expect(kinds(ring, 6)).not.toContain('remove-node');
  });
});

test('tombstones may go again once every loser confirmed its clean-up (R10)', () => {
  const ring = IdealRing.settledAt(3);
  ring.desired = { ...ring.desired, replicas: 5 };
  ring.node(1).says = { uncleanSlots: 4 };
  const message = 'dev-1 hands over and deletes the slots that it lost';
  expect(ring.settle().waits).toContainEqual(expect.objectContaining({ message }));
  expect(ring.document!.uncleaned).toContain(ring.node(1).incarnation);
  ring.node(1).says = {};
  ring.settle();
  expect(ring.document!.uncleaned).toEqual([]);
});

test('the node of an aborted joiner that nobody wants goes with a receipt', () => {
  const ring = IdealRing.settledAt(3);
  ring.desired = { ...ring.desired, replicas: 4 };
  while (ring.document!.phase === 'stable') ring.pass();
  ring.pass();
  ring.desired = { ...ring.desired, replicas: 3 };
  ring.settle();
  expect(ring.removed).toMatchObject([{ id: 'dev-3', receipt: { id: 'dev-3' } }]);
});

test('the node of an aborted joiner that is wanted joins under the same incarnation', () => {
  const ring = IdealRing.settledAt(3);
  ring.desired = { ...ring.desired, replicas: 4 };
  while (ring.document!.phase === 'stable') ring.pass();
  ring.pass();
  const { incarnation } = ring.node(3);
  ring.desired = { ...ring.desired, replicas: 3 };
  while (ring.document!.change !== null) ring.pass();
  ring.desired = { ...ring.desired, replicas: 4 };
  ring.settle();
  expect(ring.document!.current.seats.map((seat) => seat.incarnation)).toContain(incarnation);
  expect(ring.removed).toEqual([]);
});

test('a node that was never of a ring and is not wanted goes at once', () => {
  const ring = IdealRing.settledAt(3);
  ring.apply({ kind: 'start-node', id: ring.observe().nameOf(7) });
  expect(ring.pass().action).toMatchObject({ kind: 'remove-node', id: 'dev-7', receipt: null });
});

test('the ring rests only when the volumes of those who left are deleted, which holds up nothing', () => {
  const ring = IdealRing.settledAt(3);
  ring.released = ['data-dev-3'];
  const told = { reason: 'CleanUpRunning', message: 'data-dev-3 is deleted: no member needs it' };
  expect(ring.pass()).toMatchObject({ action: { kind: 'none' }, waits: [told] });
  expect(isMoving(ring.pass())).toBe(true);
  ring.released = ['data-dev-3', 'data-dev-4'];
  const both = 'data-dev-3, data-dev-4 are deleted: no member needs them';
  expect(ring.pass().waits).toMatchObject([{ message: both }]);
  ring.desired = { ...ring.desired, readQuorum: 3 };
  expect(ring.pass().action).toMatchObject({ kind: 'store-document' });
  ring.released = [];
  expect(isMoving(ring.settle())).toBe(false);
});

const isMoving = ({ conditions }: Plan): boolean =>
  conditions.find(({ type }) => type === 'Reconciling')?.status === 'True';

describe('a newcomer that is no longer wanted before it has answered', () => {
  const unwanted = (process: 'starting' | 'stopping'): IdealRing => {
    const ring = IdealRing.settledAt(3);
    ring.apply({ kind: 'start-node', id: nodeId('dev-3') });
    ring.cut(3, process);
    return ring;
  };

  test.each(['starting', 'stopping'] as const)('is told of while it is %s', (process) => {
    const ring = unwanted(process);
    const plan = ring.pass();
    expect(plan).toMatchObject({ action: { kind: 'none' }, waits: [{ nodes: ['dev-3'] }] });
    expect(isMoving(plan)).toBe(true);
  });

  test('goes as soon as it answers, and only then the ring rests', () => {
    const ring = unwanted('starting');
    ring.pass();
    ring.node(3).process = 'running';
    expect(ring.pass().action).toMatchObject({ kind: 'remove-node', id: 'dev-3' });
    expect(isMoving(ring.settle())).toBe(false);
  });

  test('stalls the ring where it is silent for long, and hinders no change of it', () => {
    const ring = unwanted('starting');
    ring.nowMs += ring.desired.abortAfterMs + 1;
    const { conditions } = ring.pass();
    const stalled = conditions.find(({ type }) => type === 'Stalled');
    expect(stalled).toMatchObject({ status: 'True', reason: 'MemberUnreachable' });
    expect(stalled?.message).toContain('dev-3 is not wanted any more, and has not answered');
    ring.desired = { ...ring.desired, readQuorum: 3 };
    expect(ring.pass().action).toMatchObject({ kind: 'store-document' });
  });
});

test('two members that lost their volumes are replaced, and the possible loss is said', () => {
  const ring = IdealRing.settledAt(5);
  ring.wipe(0);
  ring.wipe(1);
  const said: string[] = [];
  for (let i = 0; i < 60; i++) {
    const loss = ring.pass().conditions.find((c) => c.type === 'DataLossPossible');
    if (loss?.status === 'True') said.push(loss.message);
  }
  ring.settle();
  expect(said[0]).toMatch(/Slots \d/);
  expect(ring.seats()).toHaveLength(5);
  expect(ring.document!.members.some((member) => member.lost)).toBe(false);
});

test('a member that moved is reached at its new address', () => {
  const ring = IdealRing.settledAt(3);
  const moved = {
    ...ring.document!,
    members: ring.document!.members.map((m) => ({ ...m, address: 'old:1' })),
  };
  ring.document = moved;
  for (const node of ring.nodes.values()) node.document = moved;
  ring.settle();
  expect(ring.document.members.map((m) => m.address)).toEqual([
    'dev-0:8082',
    'dev-1:8082',
    'dev-2:8082',
  ]);
});
