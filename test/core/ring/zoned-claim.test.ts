import { describe, expect, test } from '@jest/globals';
import { NOBODY } from '../../../core/ring/inheritance.ts';
import { claimZone, slotsOfZone } from '../../../core/ring/zoned-claim.ts';
import { fc } from '../../properties.ts';

function counts(owners: Uint16Array): number[] {
  const found = new Map<number, number>();
  for (const seat of owners) if (seat !== NOBODY) found.set(seat, (found.get(seat) ?? 0) + 1);
  return [...found.values()].sort((a, b) => a - b);
}

describe('the slots of a zone', () => {
  test('are those whose N consecutive zones from slot mod zones name it', () => {
    const at = { zones: 4, replicationFactor: 2, slots: 8 };
    expect(slotsOfZone({ ...at, zone: 0 })).toEqual([0, 3, 4, 7]);
    expect(slotsOfZone({ ...at, zone: 3 })).toEqual([2, 3, 6, 7]);
  });
});

describe('the claim of one zone', () => {
  const used = Array.from({ length: 100 }, (_, nth) => nth);

  test('shares the slots so that no two seats differ by more than one', () => {
    const owners = claimZone({ seats: [3, 5, 8], used, slots: 128 }, null);
    expect(counts(owners)).toEqual([33, 33, 34]);
    expect(owners.subarray(100).every((seat) => seat === NOBODY)).toBe(true);
  });

  test('takes a joiner’s share evenly from the others and moves nothing between them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 4 }), (old, more) => {
        const before = Array.from({ length: old }, (_, seat) => seat);
        const after = Array.from({ length: old + more }, (_, seat) => seat);
        const sets = claimZone({ seats: before, used, slots: 100 }, null);
        const isNewcomer = Uint8Array.from(after, (seat) => (seat < old ? 0 : 1));
        const owners = claimZone(
          { seats: after, used, slots: 100 },
          { sets, width: 1, owners: null, isWhole: false, isPureJoin: true, isNewcomer },
        );
        const moved = used.filter((slot) => owners[slot] !== sets[slot]);
        expect(moved.every((slot) => owners[slot]! >= old)).toBe(true);
        expect(moved.length).toBeGreaterThanOrEqual(more * Math.floor(100 / (old + more)));
        expect(moved.length).toBeLessThanOrEqual(more * Math.ceil(100 / (old + more)));
        const sorted = counts(owners);
        expect(sorted.at(-1)! - sorted[0]!).toBeLessThanOrEqual(1);
      }),
    );
  });
});
