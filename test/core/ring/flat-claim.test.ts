import { describe, expect, test } from '@jest/globals';
import { claimFlat } from '../../../core/ring/flat-claim.ts';
import { inherit } from '../../../core/ring/inheritance.ts';
import { seats } from './rings.ts';

describe('the claim of a flat ring', () => {
  test('deals a fresh ring in turns, so that N slots in a row have N owners', () => {
    const owners = claimFlat({ seats: seats(5), slots: 64, replicationFactor: 3 }, null);
    for (let slot = 0; slot < 64; slot++) {
      const row = [0, 1, 2].map((step) => owners[(slot + step) % 64]);
      expect(new Set(row).size).toBe(3);
    }
  });

  test('spaces the slots that a joiner takes N apart or more', () => {
    const before = {
      layout: { kind: 'flat' },
      replicationFactor: 3,
      readQuorum: 2,
      writeQuorum: 2,
      seats: seats(5),
      owners: [claimFlat({ seats: seats(5), slots: 64, replicationFactor: 3 }, null)],
    } as const;
    const to = { seats: seats(6), slots: 64, layout: 'flat', replicationFactor: 3 } as const;
    const owners = claimFlat(to, inherit(before, to));
    const taken = [...owners.keys()].filter((slot) => owners[slot] === 5);
    expect(taken.length).toBe(10);
    const gaps = taken.map((slot, nth) => (taken[(nth + 1) % taken.length]! - slot + 64) % 64);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3);
    for (const [slot, seat] of owners.entries())
      expect([5, before.owners[0][slot]]).toContain(seat);
  });
});
