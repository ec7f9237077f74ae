import { describe, expect, test } from '@jest/globals';
import { NOBODY } from '../../../core/ring/inheritance.ts';
import { allows, FREE, laneQuotas, lanesOf } from '../../../core/ring/lanes.ts';
import { walkRule } from '../../../core/ring/walk.ts';

const NO_OWNERS = new Uint16Array(24).fill(NOBODY);

describe('lanes', () => {
  test('are all free in a ring of one zone', () => {
    expect([...lanesOf(walkRule(['a', 'a', 'a'], 3), NO_OWNERS)]).toEqual([FREE]);
  });

  test('give each zone one of N in a fresh ring, and leave the rest free', () => {
    const rule = walkRule(['a', 'b', 'a', 'b'], 3);
    const lanes = lanesOf(rule, NO_OWNERS);
    expect([...lanes]).toEqual([0, 1, FREE]);
    expect(
      [
        [0, 0],
        [0, 1],
        [1, 1],
        [2, 0],
        [2, 1],
        [3, 1],
      ].map(([slot, zone]) => allows(lanes, slot!, zone!)),
    ).toEqual([true, false, true, true, true, false]);
  });

  test('are found again in the owners, also after N has risen', () => {
    const zones = ['b', 'a', 'b', 'a'];
    const owners = Uint16Array.from(
      { length: 24 },
      (_, slot) => [1, 0, slot % 2 ? 3 : 2][slot % 3]!,
    );
    expect([...lanesOf(walkRule(zones, 3), owners)]).toEqual([1, 0, FREE]);
    expect([...lanesOf(walkRule(zones, 4), owners)]).toEqual([1, 0, FREE]);
  });

  test('share out what a zone owns of its lane, and the rest over the free ones', () => {
    const rule = walkRule(['a', 'a', 'b', 'b'], 3);
    const draft = {
      owners: NO_OWNERS,
      rule,
      shares: Float64Array.of(18, 18, 18, 18),
      lanes: lanesOf(rule, NO_OWNERS),
    };
    expect(laneQuotas(draft).map((it) => [...it])).toEqual([
      [4, 4, 4, 4],
      [4, 4, 4, 4],
      [2, 2, 2, 2],
    ]);
  });
});
