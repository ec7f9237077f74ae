import { describe, expect, test } from '@jest/globals';
import type { Assignment, Seat } from '../../../core/api/ring-document.ts';
import { claim, type Wish } from '../../../core/ring/claim.ts';
import { replicaSet } from '../../../core/ring/ring.ts';
import { fc } from '../../properties.ts';
import { balance, isEqualZones, movement, naiveSet, seat, seats } from './rings.ts';

const SEED = 20;

function wish(
  from: Assignment | null,
  members: readonly Seat[],
  options: Partial<Wish> = {},
): Wish {
  return {
    from,
    seats: members,
    slotBits: 12,
    replicationFactor: 3,
    readQuorum: 2,
    writeQuorum: 2,
    ...options,
  };
}

/** I9 by the naive reading of the layout: every slot full, distinct, in distinct zones while zones allow. */
function expectWholeRing(ring: Assignment): void {
  const zoneOf = new Map<string, string>(ring.seats.map((it) => [it.incarnation, it.zone]));
  const zones = new Set(zoneOf.values()).size;
  const width = Math.min(ring.replicationFactor, ring.seats.length);
  for (let slot = 0; slot < ring.owners[0]!.length; slot++) {
    const set = naiveSet(ring, slot);
    if (
      new Set(set).size !== width ||
      new Set(set.map((it) => zoneOf.get(it))).size !== Math.min(width, zones)
    ) {
      throw new Error(`slot ${slot} of N=${ring.replicationFactor} is held by ${set.join()}`);
    }
  }
}

/** One step of a ring's history: members come in these zones, or leave by these numbers. */
const steps = fc.array(
  fc.oneof(
    fc.record({ join: fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 4 }) }),
    fc.record({ leave: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }) }),
  ),
  { minLength: 3, maxLength: 8 },
);

type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never;

/** All rings of the history, each claimed from the one before. */
function history(
  first: number,
  zones: number,
  all: readonly Step[],
  options: Partial<Wish>,
): { from: Assignment; to: Assignment; isJoin: boolean }[] {
  let members = seats(first, zones);
  let ring = claim(wish(null, members, options));
  let born = first;
  return all.flatMap((step) => {
    const before = members;
    if ('join' in step) {
      members = [...members, ...step.join.map((it) => seat(`n${born++}`, `z${it % zones}`))];
    } else {
      for (const draw of step.leave) {
        if (members.length > 1) members = members.toSpliced(draw % members.length, 1);
      }
    }
    if (before === members || members.length > 64) return [];
    const from = ring;
    ring = claim(wish(from, members, options));
    return [{ from, to: ring, isJoin: 'join' in step }];
  });
}

const zonesOf = (ring: Assignment): number => new Set(ring.seats.map((it) => it.zone)).size;
const factor = fc.integer({ min: 1, max: 7 });

describe('I9: every slot has min(N, members) members in distinct zones while zones allow', () => {
  test('in any history of any mixture, with rings of 8 slots and more', () => {
    const change = fc.record({
      members: fc.array(fc.tuple(fc.nat({ max: 19 }), fc.nat({ max: 4 })), {
        minLength: 1,
        maxLength: 16,
      }),
      replicationFactor: factor,
      layout: fc.constantFrom(undefined, 'flat', 'zoned'),
    });
    const changes = fc.array(change, { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(changes, fc.integer({ min: 3, max: 7 }), (all, slotBits) => {
        let ring: Assignment | null = null;
        for (const { members, ...options } of all) {
          // A member's zone is part of its name: one incarnation never moves to another zone.
          const names = new Map(members.map(([name, inZone]) => [`${name}-${inZone}`, inZone]));
          const wished = Array.from(names, ([name, inZone]) => seat(name, `z${inZone}`));
          ring = claim(wish(ring, wished, { ...options, slotBits }));
          expectWholeRing(ring);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

describe('I10: load', () => {
  test('of a fresh ring is even for 5 to 64 members, whatever N, in one zone or equal ones', () => {
    for (const zones of [1, 2, 3, 4, 5]) {
      for (const count of [5, 6, 8, 20, 63, 64].filter((it) => it % zones === 0)) {
        for (const replicationFactor of [1, 3, 7]) {
          const ring = claim(wish(null, seats(count, zones), { replicationFactor }));
          expect([zones, count, replicationFactor, balance(ring).busiest <= 1.05]).toEqual([
            zones,
            count,
            replicationFactor,
            true,
          ]);
        }
      }
    }
  });

  test(`stays within 1.05 of the mean through joins and leaves, with equal zones [seed ${SEED}]`, () => {
    const start = fc.record({
      first: fc.integer({ min: 1, max: 12 }),
      zones: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(start, factor, steps, ({ first, zones }, replicationFactor, all) => {
        for (const { to } of history(first, zones, all, { replicationFactor })) {
          if (to.seats.length < 5 || !isEqualZones(to)) continue;
          expect(balance(to).busiest).toBeLessThanOrEqual(1.05);
        }
      }),
      { seed: SEED, numRuns: 12 },
    );
  });
});

describe('I10: movement', () => {
  test(`a join in one zone moves nothing between old members, and 1.01 of the joiners' shares [seed ${SEED}]`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), factor, steps, (first, N, all) => {
        for (const { from, to, isJoin } of history(first, 1, all, { replicationFactor: N })) {
          if (!isJoin) continue;
          const { toOld, toJoiners, joinersShare } = movement(from, to);
          expect(toOld).toBe(0);
          expect(toJoiners).toBeLessThanOrEqual(1.01 * joinersShare);
        }
      }),
      { seed: SEED, numRuns: 12 },
    );
  });

  test(`a join into the zones that there are moves nothing between old members [seed ${SEED}]`, () => {
    const zones = fc.integer({ min: 2, max: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), zones, factor, steps, (first, Z, N, all) => {
        for (const { from, to, isJoin } of history(first, Z, all, { replicationFactor: N })) {
          if (isJoin && zonesOf(from) === zonesOf(to)) expect(movement(from, to).toOld).toBe(0);
        }
      }),
      { seed: SEED, numRuns: 12 },
    );
  });

  test(`a leave in one zone moves what the leavers held, and 1.05 of it at most [seed ${SEED}]`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 16 }), factor, steps, (first, N, all) => {
        for (const { from, to, isJoin } of history(first, 1, all, { replicationFactor: N })) {
          if (isJoin) continue;
          const { toOld, vacated } = movement(from, to);
          expect(toOld).toBeLessThanOrEqual(1.05 * vacated);
        }
      }),
      { seed: SEED, numRuns: 12 },
    );
  });

  test.each([
    [1, 3],
    [2, 3],
    [3, 3],
    [5, 3],
    [2, 5],
  ])(
    'a newcomer takes the place of a leaver of its zone: nothing else moves (%d zones, N=%d)',
    (zones, replicationFactor) => {
      const from = claim(wish(null, seats(10, zones), { replicationFactor }));
      const gone = from.seats[4]!;
      const heir = seat('heir', gone.zone);
      const to = claim(
        wish(from, [...from.seats.filter((it) => it !== gone), heir], { replicationFactor }),
      );
      for (let slot = 0; slot < 4096; slot++) {
        const expected = replicaSet(from, slot).map((it) =>
          it === gone.incarnation ? heir.incarnation : it,
        );
        expect(new Set(replicaSet(to, slot))).toEqual(new Set(expected));
      }
    },
  );

  test('four joiners in one claim move each slot to no more than they hold', () => {
    const from = claim(wish(null, seats(5)));
    const to = claim(wish(from, seats(9)));
    const { toOld, toJoiners, joinersShare } = movement(from, to);
    expect(toOld).toBe(0);
    expect(toJoiners / joinersShare).toBeCloseTo(1, 2);
  });

  test('a zone beyond N takes its share, and the ring turns zoned when zones reach N', () => {
    const from = claim(wish(null, seats(6, 2)));
    const to = claim(wish(from, [...from.seats, seat('x', 'z2'), seat('y', 'z2')]));
    expect([from.layout.kind, to.layout.kind]).toEqual(['flat', 'zoned']);
    expect(movement(from, to)).toMatchObject({ toOld: 0, toJoiners: 4096 });
    expect(balance(to).busiest).toBeLessThanOrEqual(1.34);
  });
});

describe('a claim', () => {
  test('is the same whatever the order of the seats, and changes nothing when asked again', () => {
    const from = claim(wish(null, seats(7)));
    const wished = [...seats(9).slice(2), seat('x')];
    const to = claim(wish(from, wished));
    expect(claim(wish(from, wished.toReversed()))).toEqual(to);
    expect(claim(wish(to, wished))).toEqual(to);
  });

  test('leaves what it was given as it was', () => {
    const from = claim(wish(null, seats(6, 2)));
    const before = structuredClone(from);
    claim(wish(from, seats(9, 3)));
    expect(from).toEqual(before);
  });

  test('keeps the layout it is told to, and falls back to flat where zones cannot carry it', () => {
    expect(claim(wish(null, seats(6, 3), { layout: 'flat' })).layout).toEqual({ kind: 'flat' });
    expect(claim(wish(null, seats(6, 2), { layout: 'zoned' })).layout).toEqual({ kind: 'flat' });
    expect(claim(wish(null, seats(6, 3))).layout).toEqual({
      kind: 'zoned',
      zones: ['z0', 'z1', 'z2'],
    });
  });

  test('refuses an empty ring, a seat named twice and another number of slots', () => {
    const from = claim(wish(null, seats(3)));
    expect(() => claim(wish(null, []))).toThrow('one seat at least');
    expect(() => claim(wish(null, [seat('a'), seat('a')]))).toThrow('twice');
    expect(() => claim(wish(from, seats(3), { slotBits: 6 }))).toThrow('4096 slots');
  });
});
