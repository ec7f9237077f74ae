import { describe, expect, test } from '@jest/globals';
import { walkRule, walkSlot } from '../../../core/ring/walk.ts';

function walk(zones: string[], replicationFactor: number, owners: number[], slot: number) {
  const rule = walkRule(zones, replicationFactor);
  const sets = new Uint16Array(owners.length * rule.width);
  const span = walkSlot(rule, Uint16Array.from(owners), sets, slot);
  return { set: [...sets.subarray(slot * rule.width, (slot + 1) * rule.width)], span };
}

describe('a walk clockwise', () => {
  test('ends at the slot that completes the set, and says how far that was', () => {
    expect(walk(['a', 'a', 'a'], 2, [0, 0, 0, 1, 2, 1, 2, 0], 0)).toEqual({ set: [0, 1], span: 4 });
    expect(walk(['a', 'a', 'a'], 2, [0, 0, 0, 1, 2, 1, 2, 0], 6)).toEqual({ set: [2, 0], span: 2 });
  });

  test('passes over seats of a zone seen while others are still needed', () => {
    expect(walk(['a', 'a', 'a', 'b'], 2, [0, 1, 2, 3], 0)).toEqual({ set: [0, 3], span: 4 });
    expect(walk(['a', 'a', 'a', 'b'], 3, [0, 1, 2, 3], 0)).toEqual({ set: [0, 1, 3], span: 4 });
  });

  test('comes last to the seats that own nothing', () => {
    expect(walk(['a', 'a', 'a', 'a'], 3, [1, 1, 3, 1], 0)).toEqual({ set: [1, 3, 0], span: 4 });
  });

  test('wants as many zones as there are, N at most', () => {
    expect(walkRule(['a', 'b', 'b', 'c'], 2)).toMatchObject({ width: 2, zonesNeeded: 2 });
    expect(walkRule(['a', 'b', 'b', 'a'], 7)).toMatchObject({ width: 4, zonesNeeded: 2 });
  });
});
