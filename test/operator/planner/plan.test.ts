import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { fc } from '../../properties.ts';
import { IdealRing } from './ideal-ring.ts';

const dev = (...ordinals: number[]) => ordinals.map((n) => `dev-${n}`);

describe('the loop over plan', () => {
  test('founds a ring once all nodes have answered, and then rests', () => {
    const ring = IdealRing.settledAt(3);
    expect(ring.seats()).toEqual(dev(0, 1, 2));
    expect(ring.document).toMatchObject({ epoch: 1, phase: 'stable' });
    expect(ring.pass()).toMatchObject({ action: { kind: 'none' }, waits: [], operation: null });
  });

  test('grows by two members in one change', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 5 };
    ring.settle();
    expect(ring.seats()).toEqual(dev(0, 1, 2, 3, 4));
    expect(ring.document!.settled).toMatchObject({ epoch: 4 });
    expect(ring.document!.uncleaned).toEqual([]);
  });

  test('starts no newcomer while paused, says that it waits, and goes on when resumed', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 5, decommission: [nodeId('dev-1')], paused: true };
    const { waits, conditions } = ring.settle();
    expect(ring.ids()).toEqual(dev(0, 1, 2));
    const message = 'The cluster is paused: join dev-3, dev-4, dev-5, leave dev-1 waits';
    expect(waits).toMatchObject([{ reason: 'Paused', message }]);
    expect(conditions.find(({ type }) => type === 'Reconciling')?.status).toBe('False');
    ring.desired = { ...ring.desired, paused: false };
    ring.settle();
    expect(ring.seats()).toEqual(dev(0, 2, 3, 4, 5));
  });

  test('starts a stopped member also while paused', () => {
    const ring = IdealRing.settledAt(3);
    ring.stop(1);
    ring.desired = { ...ring.desired, replicas: 4, paused: true };
    ring.settle();
    expect(ring.node(1).process).toBe('running');
    expect(ring.ids()).toEqual(dev(0, 1, 2));
  });

  test('starts joiners before the change that names them, and stops leavers after theirs (R12)', () => {
    const ring = IdealRing.settledAt(3);
    const kindsUntilSettled = (replicas: number): string[] => {
      ring.desired = { ...ring.desired, replicas };
      const began = ring.document!.epoch;
      const kinds: string[] = [];
      while (kinds.at(-1) !== 'none' && kinds.length < 50) {
        const { action } = ring.pass();
        const opens = action.kind === 'store-document' && ring.document!.epoch === began + 1;
        kinds.push(opens ? 'the change begins' : action.kind);
        ring.nowMs += ring.desired.barrierWaitMs;
      }
      return kinds;
    };
    const grown = kindsUntilSettled(4);
    expect(grown.indexOf('the change begins')).toBeGreaterThan(grown.lastIndexOf('start-node'));
    const shrunk = kindsUntilSettled(3);
    expect(shrunk.indexOf('remove-node')).toBeGreaterThan(shrunk.indexOf('the change begins'));
    expect([grown, shrunk].every((kinds) => kinds.includes('the change begins'))).toBe(true);
    expect(grown).toContain('start-node');
  });

  test('shrinks by two members in one change, and removes them by receipt only', () => {
    const ring = IdealRing.settledAt(5);
    ring.desired = { ...ring.desired, replicas: 3 };
    ring.settle();
    expect(ring.seats()).toEqual(dev(0, 1, 2));
    expect(ring.ids()).toEqual(dev(0, 1, 2));
    expect(ring.removed).toHaveLength(2);
    expect(ring.document).toMatchObject({ receipts: [], uncleaned: [] });
    expect(ring.document!.members).toHaveLength(3);
  });

  test('takes out a member in the middle while another ordinal takes its place', () => {
    const ring = IdealRing.settledAt(4);
    ring.desired = { ...ring.desired, decommission: [nodeId('dev-1')] };
    ring.settle();
    expect(ring.seats()).toEqual(dev(0, 2, 3, 4));
    expect(ring.ids()).toEqual(dev(0, 2, 3, 4));
  });

  test('rebuilds a member that lost its volume under its new incarnation', () => {
    const ring = IdealRing.settledAt(3);
    const before = ring.node(1).incarnation;
    ring.wipe(1);
    ring.settle();
    expect(ring.seats()).toEqual(dev(0, 1, 2));
    expect(ring.document!.members.map((m) => m.incarnation)).not.toContain(before);
    expect(ring.document!.members).toHaveLength(3);
  });

  test('changes the number of copies as a ring change', () => {
    const ring = IdealRing.settledAt(5);
    ring.desired = { ...ring.desired, replicationFactor: 5, readQuorum: 3, writeQuorum: 3 };
    ring.settle();
    expect(ring.document!.current).toMatchObject({
      replicationFactor: 5,
      readQuorum: 3,
      writeQuorum: 3,
    });
    ring.desired = {
      ...ring.desired,
      replicationFactor: 2,
      readQuorum: 1,
      writeQuorum: 2,
      replicas: 4,
    };
    ring.settle();
    expect(ring.document!.current).toMatchObject({
      replicationFactor: 2,
      readQuorum: 1,
      writeQuorum: 2,
    });
    expect(ring.seats()).toEqual(dev(0, 1, 2, 3));
  });

  test('a grown ring that now spans enough zones is laid out anew, in a change of its own', () => {
    const ring = IdealRing.settledAt(2, {}, 3);
    expect(ring.document!.current.layout.kind).toBe('flat');
    ring.desired = { ...ring.desired, replicas: 3 };
    ring.settle();
    expect(ring.seats()).toEqual(dev(0, 1, 2));
    expect(ring.document!.current.layout.kind).toBe('zoned');
    expect(ring.document!.settled).toMatchObject({ epoch: expect.any(Number) });
  });
});

describe('changes of mind', () => {
  const passesOf = (run: (ring: IdealRing) => void) => {
    const ring = IdealRing.settledAt(3);
    run(ring);
    let passes = 0;
    while (ring.pass().action.kind !== 'none') passes += 1;
    return passes;
  };

  test('3 → 5 taken back at every step returns to 3 members without a loss of proof', () => {
    const steps = passesOf((ring) => {
      ring.desired = { ...ring.desired, replicas: 5 };
    });
    expect(steps).toBeGreaterThan(8);
    const endings = new Set<string>();
    for (let step = 0; step <= steps; step++) {
      const ring = IdealRing.settledAt(3);
      ring.desired = { ...ring.desired, replicas: 5 };
      for (let i = 0; i < step; i++) ring.pass();
      endings.add(ring.document!.phase);
      ring.desired = { ...ring.desired, replicas: 3 };
      ring.settle();
      expect(ring.ids()).toEqual(dev(0, 1, 2));
      expect(ring.seats()).toEqual(dev(0, 1, 2));
      expect(ring.document).toMatchObject({ phase: 'stable', receipts: [], uncleaned: [] });
    }
    expect([...endings].sort()).toEqual(['read-new', 'stable', 'write-both']);
  });

  test('5 → 3 taken back at every step returns to 5 members', () => {
    for (let step = 0; step <= 30; step++) {
      const ring = IdealRing.settledAt(5);
      ring.desired = { ...ring.desired, replicas: 3 };
      for (let i = 0; i < step; i++) ring.pass();
      ring.desired = { ...ring.desired, replicas: 5 };
      ring.settle();
      expect(ring.ids()).toEqual(dev(0, 1, 2, 3, 4));
      expect(ring.seats()).toEqual(dev(0, 1, 2, 3, 4));
      expect(ring.document!.members).toHaveLength(5);
    }
  });

  test('in write-both the opposite demand aborts: no other epoch lies between', () => {
    const ring = IdealRing.settledAt(3);
    ring.node(0).copies = ring.node(1).copies = ring.node(2).copies = false;
    ring.desired = { ...ring.desired, replicas: 5 };
    while (ring.document!.phase === 'stable') ring.pass();
    const began = ring.document!;
    ring.desired = { ...ring.desired, replicas: 3 };
    while (ring.document === began) ring.pass();
    expect(ring.document).toMatchObject({
      phase: 'stable',
      epoch: began.epoch + 1,
      next: null,
      change: null,
    });
    expect(ring.document!.current).toBe(began.current);
  });

  test('more demand lets the change under way finish first', () => {
    const ring = IdealRing.settledAt(3);
    ring.desired = { ...ring.desired, replicas: 4 };
    while (ring.document!.phase === 'stable') ring.pass();
    ring.desired = { ...ring.desired, replicas: 5 };
    while (ring.document!.change !== null) ring.pass();
    expect(ring.seats()).toEqual(dev(0, 1, 2, 3));
    ring.settle();
    expect(ring.seats()).toEqual(dev(0, 1, 2, 3, 4));
  });

  test('a leaver that is wanted again waits for a lost member to go, which does not wait for it', () => {
    const ring = IdealRing.settledAt(5);
    ring.desired = { ...ring.desired, replicas: 4, decommission: [nodeId('dev-2')] };
    while (ring.document!.settled === undefined || ring.document!.settled === null) ring.pass();
    ring.wipe(0);
    ring.desired = { ...ring.desired, replicas: 4, decommission: [nodeId('dev-0')] };
    ring.settle();
    expect(ring.seats()).toEqual(dev(1, 2, 3, 4));
    expect(ring.ids()).toEqual(dev(1, 2, 3, 4));
    expect(ring.document!.members).toHaveLength(4);
  });

  test('a member that may come back comes back only when there is room: nobody moves for a name', () => {
    const ring = IdealRing.settledAt(4);
    ring.desired = { ...ring.desired, replicas: 3, decommission: [nodeId('dev-1')] };
    ring.settle();
    const epochBefore = ring.document!.epoch;
    ring.desired = { ...ring.desired, decommission: [] };
    ring.settle();
    expect([ring.seats(), ring.document!.epoch]).toEqual([dev(0, 2, 3), epochBefore]);
    ring.desired = { ...ring.desired, replicas: 4 };
    ring.settle();
    expect(ring.seats()).toEqual(dev(0, 1, 2, 3));
    ring.desired = { ...ring.desired, replicas: 3 };
    ring.settle();
    expect(ring.seats()).toEqual(dev(0, 1, 2));
  });
});

describe('any history', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        times: fc.integer({ min: 1, max: 12 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('scale' as const),
        to: fc.integer({ min: 1, max: 7 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('copies' as const),
        N: fc.integer({ min: 1, max: 5 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('stop' as const), which: fc.nat(6) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wipe' as const), which: fc.nat(6) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('wait' as const),
        ms: fc.integer({ min: 1, max: 90_000 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('avoid' as const), which: fc.subarray([0, 1, 2]) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('restore' as const),
        back: fc.integer({ min: 1, max: 6 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('slow' as const), which: fc.nat(6) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut' as const), which: fc.nat(6) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('roll' as const),
        to: fc.constantFrom('r1', 'r2', 'r3'),
      }),
    },
  );

  test('ends at the wished members in bounded passes, by receipts only, with one ring at every epoch', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        (steps, zones) => {
          const ring = new IdealRing();
          ring.zones = zones;
          for (const s of steps) play(ring, s);
          for (const node of ring.nodes.values()) {
            node.copies = true;
            if (node.process === 'stopping') node.process = 'running';
          }
          // Demand that is met in any case: scale-in below N or out of a zone is refused, as it should be.
          ring.desired = {
            ...ring.desired,
            replicas: 7,
            decommission: [],
            replicationFactor: 3,
            readQuorum: 2,
            writeQuorum: 2,
          };
          ring.settle(400);
          // With gaps where somebody was taken out: nobody moves for a name.
          expect(ring.seats()).toHaveLength(7);
          expect(ring.ids()).toEqual(ring.seats());
          expect(ring.document).toMatchObject({ phase: 'stable', receipts: [], uncleaned: [] });
          expect(ring.document!.current.replicationFactor).toBe(3);
          expect([...ring.nodes.values()].map((n) => n.revision)).toEqual(
            Array(7).fill(ring.desired.revision),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  function play(ring: IdealRing, s: Step): void {
    const node =
      'which' in s && typeof s.which === 'number'
        ? ring.nodes.get(nodeId(`dev-${s.which}`))
        : undefined;
    switch (s.kind) {
      case 'pass':
        for (let i = 0; i < s.times; i++) ring.pass();
        return;
      case 'scale':
        ring.desired = { ...ring.desired, replicas: s.to };
        return;
      case 'copies': {
        const quorum = Math.floor(s.N / 2) + 1;
        ring.desired = {
          ...ring.desired,
          replicationFactor: s.N,
          readQuorum: quorum,
          writeQuorum: quorum,
        };
        return;
      }
      case 'stop':
        if (node) ring.stop(s.which);
        return;
      case 'wipe':
        if (node) ring.wipe(s.which);
        return;
      case 'slow':
        if (node) node.copies = false;
        return;
      case 'cut':
        if (node) ring.cut(s.which);
        return;
      case 'wait':
        ring.nowMs += s.ms;
        return;
      case 'avoid':
        ring.desired = { ...ring.desired, decommission: s.which.map((n) => nodeId(`dev-${n}`)) };
        return;
      case 'forget':
        if ([...ring.nodes.values()].some((n) => n.document?.epoch === ring.document?.epoch))
          ring.restore(null);
        return;
      case 'restore': {
        const older = ring.history.at(-1 - s.back);
        if (older !== undefined && ring.document !== null) ring.restore(older);
        return;
      }
      case 'roll':
        ring.desired = { ...ring.desired, revision: s.to };
        return;
    }
  }
});
