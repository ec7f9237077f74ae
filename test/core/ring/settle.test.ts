import { describe, expect, test } from '@jest/globals';
import { NOBODY } from '../../../core/ring/inheritance.ts';
import { FREE } from '../../../core/ring/lanes.ts';
import { relieve, settle } from '../../../core/ring/settle.ts';
import { walkRule } from '../../../core/ring/walk.ts';
import { WalkedRing } from '../../../core/ring/walked-ring.ts';

const RULE = walkRule(['a', 'a', 'a', 'a'], 1);
const LANES = Uint16Array.of(FREE);

/** Four seats, N=1, 32 slots: each should own 8. */
function ringOf(owners: Uint16Array): WalkedRing {
  const shares = Float64Array.of(8, 8, 8, 8);
  return new WalkedRing({ rule: RULE, owners: owners.slice(), shares, quotas: [shares] }, null);
}

describe('settling', () => {
  test('hands vacant slots from the busy to the idle until all have their share', () => {
    const ring = ringOf(new Uint16Array(32));
    settle(ring, {
      base: new Uint16Array(32).fill(NOBODY),
      lanes: LANES,
      newcomers: [],
      isEvenWithinReach: true,
    });
    expect([...ring.loads]).toEqual([8, 8, 8, 8]);
  });

  test('leaves slots that are not open to it where they are', () => {
    const base = Uint16Array.from({ length: 32 }, (_, slot) => (slot < 12 ? 0 : (slot % 2) + 1));
    const ring = ringOf(base);
    settle(ring, { base, lanes: LANES, newcomers: [3], isEvenWithinReach: true });
    expect(ring.loads[3]).toBeGreaterThanOrEqual(7);
    for (const [slot, seat] of ring.owners.entries()) expect([3, base[slot]]).toContain(seat);
  });

  test('exchanges a slot of an idle member for one of a busy one where the newcomer is full', () => {
    const base = Uint16Array.from({ length: 32 }, (_, slot) => Math.floor(slot / 11));
    const drawn = base.map((seat, slot) => (slot >= 14 ? (slot < 22 ? 3 : seat) : seat));
    const ring = ringOf(drawn);
    settle(ring, { base, lanes: LANES, newcomers: [3], isEvenWithinReach: true });
    expect([...ring.loads]).toEqual([8, 8, 8, 8]);
  });

  test('relieves nobody but the overloaded', () => {
    const owners = Uint16Array.from({ length: 32 }, (_, slot) => (slot < 14 ? 0 : (slot % 3) + 1));
    const ring = ringOf(owners);
    relieve(ring, LANES, 1.05);
    expect(ring.loads[0]).toBeLessThanOrEqual(9);
    for (const [slot, seat] of ring.owners.entries())
      if (owners[slot] !== 0) expect(seat).toBe(owners[slot]);
  });
});
