// Members that are silent for longer than somebody said to wait (replaceAfterSeconds).
import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../../core/api/ids.ts';
import { plan } from '../../../operator/planner/plan.ts';
import { IdealRing } from './ideal-ring.ts';

const dev = (...ordinals: number[]) => ordinals.map((n) => `dev-${n}`);

/** More than three minutes. */
function letTimePass(ring: IdealRing): void {
  for (let i = 0; i < 200; i++) {
    ring.pass();
    ring.nowMs += 1_000;
  }
}

describe('a member that stays silent, its volume kept', () => {
  const silent = (ms: number | null): IdealRing => {
    const ring = IdealRing.settledAt(3, { replaceAfterMs: ms }, 3);
    ring.cut(1);
    letTimePass(ring);
    return ring;
  };

  /** dev-1 stays silent for long; each newcomer meets something. */
  const followed = (meets: (ring: IdealRing, newcomer: number) => unknown): IdealRing => {
    const ring = IdealRing.settledAt(3, { replaceAfterMs: 60_000 });
    ring.cut(1);
    for (let i = 0; i < 1_000; i++) {
      ring.pass();
      for (const id of ring.ids().slice(3)) meets(ring, Number(id.slice('dev-'.length)));
      ring.nowMs += 1_000;
    }
    return ring;
  };

  test('is replaced by another one after as long as was asked for, and every copy lives again', () => {
    const ring = silent(60_000);
    expect(ring.seats()).toEqual(dev(0, 2, 3));
    const held = plan(ring.desired, ring.observe()).conditions;
    expect(held).toContainEqual(
      expect.objectContaining({ type: 'ReplicationSatisfied', status: 'True' }),
    );
    // Silence is no proof: what it holds stays until it answers.
    expect(ring.ids()).toEqual(dev(0, 1, 2, 3));
  });

  test('hands over what it has when it comes back, and goes', () => {
    const ring = silent(60_000);
    ring.node(1).process = 'running';
    ring.node(1).silentSinceMs = null;
    ring.settle();
    expect([ring.seats(), ring.ids()]).toEqual([dev(0, 2, 3), dev(0, 2, 3)]);
  });

  test('is replaced although the next free name belongs to a leaver that waits for its word', () => {
    const ring = IdealRing.settledAt(4, { replaceAfterMs: 60_000 });
    ring.desired = { ...ring.desired, replicas: 3 };
    while (ring.seats().length > 3) ring.pass();
    ring.cut(1);
    letTimePass(ring);
    expect(ring.seats()).toEqual(dev(0, 2, 4));
    ring.node(1).process = 'running';
    ring.settle();
    expect([ring.seats(), ring.ids()]).toEqual([dev(0, 2, 4), dev(0, 2, 4)]);
  });

  test('holds back no later scale-in; who leaves then waits with it for its word', () => {
    const ring = IdealRing.settledAt(5, { replaceAfterMs: 60_000 });
    ring.cut(1);
    letTimePass(ring);
    ring.desired = { ...ring.desired, replicas: 4 };
    letTimePass(ring);
    expect([ring.seats(), ring.ids()]).toEqual([dev(0, 2, 3, 4), dev(0, 1, 2, 3, 4, 5)]);
    expect(ring.pass().waits).toContainEqual(
      expect.objectContaining({ reason: 'CleanUpRunning', nodes: ['dev-1'] }),
    );
    ring.node(1).process = 'running';
    ring.settle();
    expect([ring.seats(), ring.ids()]).toEqual([dev(0, 2, 3, 4), dev(0, 2, 3, 4)]);
  });

  test('is replaced by the one that has come, though nobody comes for a decommissioned one', () => {
    const ring = IdealRing.settledAt(5, { replaceAfterMs: 150_000 });
    ring.cut(1);
    ring.desired = { ...ring.desired, decommission: [nodeId('dev-2')] };
    for (let i = 0; i < 250; i++) {
      ring.pass();
      if (ring.nodes.has(nodeId('dev-6'))) ring.cut(6);
      ring.nowMs += 1_000;
    }
    expect(ring.seats()).toEqual(dev(0, 3, 4, 5));
  });

  test('is replaced by another one where the first fell silent before it joined', () => {
    expect(followed((ring, newcomer) => newcomer === 3 && ring.cut(3)).seats()).toEqual(
      dev(0, 2, 4),
    );
  });

  test('has one newcomer waited for that no host takes; it goes when the member is back', () => {
    const ring = followed((its, newcomer) => its.strand(newcomer));
    expect([ring.seats(), ring.ids()]).toEqual([dev(0, 1, 2), dev(0, 1, 2, 3)]);
    expect(ring.pass().waits).toContainEqual(
      expect.objectContaining({ reason: 'NodesStarting', nodes: ['dev-3'] }),
    );
    ring.node(1).process = 'running';
    ring.settle();
    expect([ring.seats(), ring.ids()]).toEqual([dev(0, 1, 2), dev(0, 1, 2)]);
  });

  test('has two newcomers at most, where none of them ever starts on its volume', () => {
    const ring = followed((its, newcomer) => its.cut(newcomer, 'starting'));
    expect([ring.seats(), ring.ids()]).toEqual([dev(0, 1, 2), dev(0, 1, 2, 3, 4)]);
    ring.node(4).process = 'running';
    ring.settle();
    expect(ring.seats()).toEqual(dev(0, 2, 4));
  });

  test('is waited for where nobody said for how long', () => {
    expect(silent(null).seats()).toEqual(dev(0, 1, 2));
  });
});

describe('a smaller ring that is asked for while a member is silent', () => {
  /** `ordinal` is silent from before the wish on, and for longer than is waited for. */
  const shrunk = (
    wish: { from: number; to: number; silent: number },
    ms: number | null = 60_000,
  ) => {
    const ring = IdealRing.settledAt(wish.from, { replaceAfterMs: ms });
    ring.cut(wish.silent);
    ring.desired = { ...ring.desired, replicas: wish.to };
    letTimePass(ring);
    return ring;
  };

  test('is the ring without it: nobody else leaves and nobody is started', () => {
    const ring = shrunk({ from: 5, to: 4, silent: 1 });
    expect([ring.seats(), ring.ids()]).toEqual([dev(0, 2, 3, 4), dev(0, 1, 2, 3, 4)]);
    ring.node(1).process = 'running';
    ring.settle();
    expect([ring.seats(), ring.ids()]).toEqual([dev(0, 2, 3, 4), dev(0, 2, 3, 4)]);
  });

  test('is reached also where the silent one would have left anyway', () => {
    expect(shrunk({ from: 5, to: 4, silent: 4 }).seats()).toEqual(dev(0, 1, 2, 3));
  });

  test('lets the silent one go first, by itself, and then who else leaves', () => {
    const ring = shrunk({ from: 5, to: 3, silent: 1 });
    expect([ring.seats(), ring.ids()]).toEqual([dev(0, 2, 3), dev(0, 1, 2, 3, 4)]);
    const went = ring.history
      .filter(({ phase }) => phase === 'write-both')
      .map(({ members }) => members.filter(({ state }) => state === 'leaving').map(({ id }) => id));
    expect(went).toEqual([dev(1), dev(4)]);
  });

  test('waits for the silent one where nobody said for how long to wait', () => {
    expect(shrunk({ from: 5, to: 4, silent: 1 }, null).seats()).toEqual(dev(0, 1, 2, 3, 4));
  });

  test('is refused below N as ever, silent member or not', () => {
    const ring = shrunk({ from: 3, to: 2, silent: 1 });
    expect(ring.seats()).toEqual(dev(0, 1, 2));
    expect(ring.pass().waits).toContainEqual(
      expect.objectContaining({ reason: 'BelowReplicationFactor' }),
    );
  });

  test('takes a silent one that is the last of its zone, and nobody who is the last alive in one', () => {
    const zoned = (to: number, silent: number) => {
      const ring = IdealRing.settledAt(5, { replaceAfterMs: 60_000 }, 3);
      ring.cut(silent);
      ring.desired = { ...ring.desired, replicas: to };
      letTimePass(ring);
      return ring;
    };
    expect(zoned(4, 2).seats()).toEqual(dev(0, 1, 3, 4));
    const ring = zoned(3, 1);
    expect(ring.seats()).toEqual(dev(0, 2, 3, 4));
    expect(ring.pass().waits).toContainEqual(
      expect.objectContaining({ reason: 'ZoneRuleBroken', nodes: dev(4) }),
    );
  });
});

describe('a leaver that falls silent before it has its receipt', () => {
  const silentLeaver = (ms: number | null): IdealRing => {
    const ring = IdealRing.settledAt(5, { replaceAfterMs: ms });
    ring.desired = { ...ring.desired, replicas: 4 };
    while (ring.seats().length > 4) ring.pass();
    ring.cut(4);
    ring.desired = { ...ring.desired, replicas: 3 };
    letTimePass(ring);
    return ring;
  };

  test('holds back the next scale-in, which says whom it waits for, why, and what would help', () => {
    const ring = silentLeaver(null);
    expect(ring.seats()).toEqual(dev(0, 1, 2, 3));
    expect(ring.pass().waits).toContainEqual({
      reason: 'MemberUnreachable',
      message: 'dev-4 does not answer; dev-4 had left without handing everything over',
      unblock: 'Start them again or remove their volumes for good, or raise replicas again',
      nodes: ['dev-4'],
    });
  });

  test('and no longer than somebody said to wait', () => {
    expect(silentLeaver(60_000).seats()).toEqual(dev(0, 1, 2));
  });
});
