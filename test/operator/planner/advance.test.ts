import { describe, expect, test } from '@jest/globals';
import type { Rule } from '../../../core/replica/rules.ts';
import { plan } from '../../../operator/planner/plan.ts';
import { IdealRing } from './ideal-ring.ts';

/** A ring of three that has begun to take in dev-3, who copies nothing by itself. */
function joining(): IdealRing {
  const ring = IdealRing.settledAt(3);
  ring.desired = { ...ring.desired, replicas: 4 };
  while (ring.document!.phase === 'stable') {
    ring.pass();
    const joiner = ring.nodes.get(ring.observe().nameOf(3));
    if (joiner !== undefined) joiner.copies = false;
  }
  return ring;
}

const phaseAfter = (ring: IdealRing, passes = 6) => {
  for (let i = 0; i < passes; i++) ring.pass();
  return ring.document!.phase;
};

describe('a phase is left', () => {
  test('for read-new only when every gained slot is covered (R7)', () => {
    const ring = joining();
    expect(phaseAfter(ring)).toBe('write-both');
    expect(ring.pass().waits).toContainEqual(
      expect.objectContaining({ reason: 'StreamsRunning', nodes: ['dev-3'] }),
    );
    ring.node(3).copies = true;
    while (ring.document!.phase === 'write-both') ring.pass();
    expect(ring.document!.phase).toBe('read-new');
  });

  test('only after its barrier (I4): one silent member is waited for, two of a set for ever', () => {
    const ring = joining();
    ring.node(3).copies = true;
    ring.stop(1);
    ring.node(1).process = 'stopping';
    expect(phaseAfter(ring)).toBe('write-both');
    expect(ring.pass().waits).toContainEqual(
      expect.objectContaining({ reason: 'BarrierPending', nodes: ['dev-1'] }),
    );
    ring.stop(2);
    ring.node(2).process = 'stopping';
    ring.nowMs += ring.desired.barrierWaitMs;
    expect(phaseAfter(ring)).toBe('write-both');
    ring.node(2).process = 'running';
    expect(phaseAfter(ring, 2)).toBe('read-new');
  });

  test.each<[Rule]>([['R5'], ['R7']])('too early where the simulator switches %s off', (rule) => {
    const ring = joining();
    if (rule === 'R5') {
      ring.node(3).copies = true;
      ring.node(1).process = 'stopping';
      ring.node(2).process = 'stopping';
    }
    while (ring.pass().action.kind === 'post-document');
    const decide = (without: ReadonlySet<Rule>) =>
      plan(ring.desired, ring.observe(), without).action;
    expect(decide(new Set())).toEqual({ kind: 'none' });
    expect(decide(new Set([rule]))).toMatchObject({
      kind: 'store-document',
      document: { phase: 'read-new' },
    });
  });

  test('also while paused: what is under way is finished', () => {
    const ring = joining();
    ring.node(3).copies = true;
    ring.desired = { ...ring.desired, paused: true };
    expect(phaseAfter(ring, 12)).toBe('stable');
    expect(ring.seats()).toContain('dev-3');
  });
});

describe('read-new is left', () => {
  test('only when what will be the one copy has been read back (R9)', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicationFactor: 1, readQuorum: 1, writeQuorum: 1 };
    while (ring.document!.phase !== 'read-new') ring.pass();
    ring.node(1).says = { slotsToReadBack: 2 };
    expect(phaseAfter(ring)).toBe('read-new');
    expect(ring.pass().waits).toContainEqual(
      expect.objectContaining({
        reason: 'RebuildInProgress',
        message: 'dev-1 reads back 2 slots whose other copies will go',
        nodes: ['dev-1'],
      }),
    );
    ring.node(1).says = {};
    expect(phaseAfter(ring)).toBe('stable');
  });
});

describe('write-both is not aborted where the old copies are lost and the new ones are not', () => {
  const one = { replicationFactor: 1, readQuorum: 1, writeQuorum: 1 };
  const two = { replicationFactor: 2, readQuorum: 2, writeQuorum: 2 };

  /** Two copies instead of one: the only old one is lost, and the new one is not covered in the node's words. */
  function bereft(): IdealRing {
    const ring = IdealRing.settledAt(1, one);
    ring.desired = { ...ring.desired, replicas: 2, ...two };
    while (ring.document!.phase === 'stable') {
      ring.pass();
      const joiner = ring.nodes.get(ring.observe().nameOf(1));
      if (joiner !== undefined) joiner.copies = false;
    }
    while (ring.pass().action.kind === 'post-document');
    ring.wipe(0);
    return ring;
  }

  test.each<[string, (ring: IdealRing) => void]>([
    ['when the demand goes back', ({ desired }) => void Object.assign(desired, one)],
    [
      'when the joiner is not wanted any more',
      ({ desired }) => void Object.assign(desired, { replicas: 1, ...one }),
    ],
    [
      'when the joiner is silent for long',
      (ring) => {
        ring.stop(1);
        ring.node(1).process = 'stopping';
        ring.nowMs += ring.desired.abortAfterMs + 1;
      },
    ],
    [
      'when the disk of the joiner is full',
      (ring) => {
        ring.node(1).says = { diskFull: true };
      },
    ],
  ])('%s', (_, disturb) => {
    const ring = bereft();
    const { change } = ring.document!;
    disturb(ring);
    expect(phaseAfter(ring)).toBe('write-both');
    expect(ring.document!.change).toEqual(change);
    Object.assign(ring.node(1), { process: 'running', copies: true, says: {} });
    while (ring.document!.phase === 'write-both') ring.pass();
    expect(ring.document).toMatchObject({ phase: 'read-new', change });
    ring.settle();
    expect(ring.document).toMatchObject({ phase: 'stable', change: null });
  });
});

test('nor where the new ring cannot be read everywhere either: each new copy has every write of the one', () => {
  const ring = IdealRing.settledAt(5, { replicationFactor: 1, readQuorum: 1, writeQuorum: 1 }, 3);
  Object.assign(ring.desired, { replicationFactor: 4, readQuorum: 4, writeQuorum: 1 });
  while (ring.document!.phase !== 'write-both') ring.pass();
  const { change } = ring.document!;
  ring.wipe(1);
  while (ring.document!.phase === 'write-both') ring.pass();
  expect(ring.document).toMatchObject({ phase: 'read-new', change });
  ring.settle();
  expect(ring.document).toMatchObject({ phase: 'stable', change: null });
});

describe('read-new is left for write-both', () => {
  const one = { replicationFactor: 1, readQuorum: 1, writeQuorum: 1 };

  /** Three copies become one; dev-1, which is to hold some slots alone, is lost in read-new. */
  function bereft(members = 3): IdealRing {
    const ring = IdealRing.settledAt(members);
    Object.assign(ring.desired, one);
    while (ring.document!.phase !== 'read-new') ring.pass();
    ring.wipe(1);
    return ring;
  }

  test('when the only new copies are lost: the old ones get every write until the change ends', () => {
    const ring = bereft();
    const { change } = ring.document!;
    while (ring.document!.phase === 'read-new') ring.pass();
    expect(ring.document).toMatchObject({ phase: 'write-both', change });
    ring.settle();
    expect(ring.seats()).toEqual(['dev-0', 'dev-1', 'dev-2']);
    expect(ring.document!.current.replicationFactor).toBe(1);
  });

  test('and aborted once everybody has heard of it: a laggard would still read the new ring', () => {
    const ring = bereft(5);
    const { current } = ring.document!;
    while (ring.document!.phase === 'read-new') ring.pass();
    // The demand goes back as well, which alone would wait for nobody.
    Object.assign(ring.desired, { replicationFactor: 3, readQuorum: 2, writeQuorum: 2 });
    ring.cut(0);
    ring.nowMs += ring.desired.barrierWaitMs;
    expect(phaseAfter(ring)).toBe('write-both');
    ring.node(0).process = 'running';
    while (ring.document!.phase === 'write-both') ring.pass();
    expect(ring.document).toMatchObject({ phase: 'stable', change: null, current });
  });

  test('not when enough of the new members are left', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 4 };
    while (ring.document!.phase !== 'read-new') ring.pass();
    ring.wipe(3);
    while (ring.document!.phase === 'read-new') ring.pass();
    expect(ring.document!.phase).toBe('stable');
    expect(ring.seats()).toContain('dev-3');
  });
});

describe('write-both is aborted', () => {
  const cases: [string, (ring: IdealRing) => void][] = [
    [
      'when the joiner is not wanted any more',
      (ring) => {
        ring.desired = { ...ring.desired, replicas: 3 };
      },
    ],
    [
      'when the joiner is silent for longer than abortAfter',
      (ring) => {
        ring.stop(3);
        ring.node(3).process = 'stopping';
        ring.nowMs += ring.desired.abortAfterMs + 1;
      },
    ],
    [
      'when the disk of the joiner is full',
      (ring) => {
        ring.node(3).says = { diskFull: true };
      },
    ],
    [
      'when the joiner lost its volume',
      (ring) => {
        ring.wipe(3);
      },
    ],
    [
      'when bystander and joiner are both down',
      (ring) => {
        for (const ordinal of [2, 3]) {
          ring.stop(ordinal);
          ring.node(ordinal).process = 'stopping';
        }
        ring.nowMs += ring.desired.abortAfterMs + 1;
      },
    ],
  ];

  test.each(cases)('%s', (_, disturb) => {
    const ring = joining();
    while (ring.pass().action.kind === 'post-document');
    const old = ring.document!.current;
    disturb(ring);
    while (ring.document!.phase === 'write-both') ring.pass();
    expect(ring.document).toMatchObject({ phase: 'stable', change: null });
    expect(ring.document!.current).toBe(old);
  });

  test('not for a joiner that is away for a moment', () => {
    const ring = joining();
    ring.stop(3);
    ring.nowMs += ring.desired.abortAfterMs - 10_000;
    expect(phaseAfter(ring)).toBe('write-both');
  });

  test('not begun again with a joiner whose disk is full', () => {
    const ring = joining();
    ring.node(3).says = { diskFull: true };
    const waits = ring.settle().waits;
    expect(ring.document!.phase).toBe('stable');
    expect(waits).toContainEqual(
      expect.objectContaining({ reason: 'DiskWouldFill', nodes: ['dev-3'] }),
    );
  });

  test('once a leaver is wanted again', () => {
    const ring = IdealRing.settledAt(4);
    for (const node of ring.nodes.values()) node.copies = false;
    ring.desired = { ...ring.desired, replicas: 3 };
    expect(phaseAfter(ring)).toBe('write-both');
    ring.desired = { ...ring.desired, replicas: 4 };
    expect(phaseAfter(ring)).toBe('stable');
    expect(ring.seats()).toHaveLength(4);
  });

  test('once the number of copies is wanted as it was', () => {
    const ring = IdealRing.settledAt(5);
    for (const node of ring.nodes.values()) node.copies = false;
    ring.desired = { ...ring.desired, replicationFactor: 4, readQuorum: 3, writeQuorum: 3 };
    expect(phaseAfter(ring)).toBe('write-both');
    ring.desired = { ...ring.desired, replicationFactor: 3, readQuorum: 2, writeQuorum: 2 };
    expect(phaseAfter(ring)).toBe('stable');
    expect(ring.document!.current.replicationFactor).toBe(3);
  });
});

test('a bystander lost for good at each phase hinders neither the change nor its own replacement', () => {
  for (let passes = 0; passes < 14; passes++) {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 4 };
    for (let i = 0; i < passes; i++) ring.pass();
    const old = ring.node(0).incarnation;
    ring.wipe(0);
    ring.settle();
    expect(ring.seats()).toEqual(['dev-0', 'dev-1', 'dev-2', 'dev-3']);
    expect(ring.document!.members.map((m) => m.incarnation)).not.toContain(old);
  }
});

test('the operation tells how many slots are done', () => {
  const ring = joining();
  while (ring.pass().action.kind === 'post-document');
  expect(ring.pass().operation).toMatchObject({
    summary: 'join dev-3',
    phase: 'write-both',
    slotsDone: 0,
  });
  ring.node(3).copies = true;
  const { operation } = ring.pass();
  expect(operation!.slotsDone).toBe(operation!.slotsTotal);
  expect(operation!.slotsTotal).toBeGreaterThan(0);
});
