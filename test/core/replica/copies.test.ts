import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import type { ReplicaSet } from '../../../core/membership/document.ts';
import { Copies } from '../../../core/replica/copies.ts';
import { fc } from '../../properties.ts';

const members = (n: number) => Array.from({ length: n }, (_, i) => incarnation(`m${i}`));
const setOf = (n: number, write: number): ReplicaSet => ({ members: members(n), read: 1, write });

/** N, W, and who answered. */
const scenes = fc
  .integer({ min: 1, max: 7 })
  .chain((n) =>
    fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n }), fc.subarray([...members(n)])),
  );

describe('copies of a written object', () => {
  test('meet all that was acknowledged exactly when no W other replicas are left (§5)', () => {
    fc.assert(
      fc.property(scenes, ([n, write, heard]) => {
        const copies = new Copies();
        for (const member of heard) copies.add(member, true);
        const couldHideElsewhere = n - heard.length >= write;
        const expected = heard.length >= write && !couldHideElsewhere;
        expect(copies.meetAll(setOf(n, write))).toBe(expected);
        expect(copies.areKnownNewest(setOf(n, write))).toBe(expected);
      }),
    );
  });

  test('are not known to be the newest where one of them met what they do not cover', () => {
    const [a, b] = members(3);
    const copies = new Copies();
    copies.add(a!, true);
    copies.add(b!, false);
    expect(copies.meetAll(setOf(3, 2))).toBe(true);
    expect(copies.areKnownNewest(setOf(3, 2))).toBe(false);
  });

  test('count in each set that their holder belongs to, and a hint in place of its member (R2)', () => {
    const [a, b, c, d] = members(4);
    const copies = new Copies();
    copies.add(b!, true);
    copies.addHint(c!, d!);
    expect(copies.within({ members: [a!, b!, c!], read: 2, write: 2 })).toBe(2);
    expect(copies.within({ members: [b!, c!, d!], read: 2, write: 2 })).toBe(2);
    expect(copies.missing([a!, b!, c!])).toEqual([a, c]);
  });

  test('are forgotten with their attempt', () => {
    const [a, b, c] = members(3);
    const copies = new Copies();
    const first = copies.attempt;
    copies.add(a!, true);
    copies.addHint(b!, c!);
    expect(copies.beginAnew()).toBeGreaterThan(first);
    expect(copies.within(setOf(3, 2))).toBe(0);
    expect(copies.fallbacks().size).toBe(0);
  });
});
