import { describe, expect, test } from '@jest/globals';
import { fairShares } from '../../../core/ring/fair-share.ts';
import { inherit } from '../../../core/ring/inheritance.ts';
import { laneQuotas, lanesOf } from '../../../core/ring/lanes.ts';
import { replicaTable } from '../../../core/ring/ring.ts';
import { walkRule } from '../../../core/ring/walk.ts';
import { WalkedRing } from '../../../core/ring/walked-ring.ts';
import { fc } from '../../properties.ts';
import { anyFlatRing, movement } from './rings.ts';

describe('a ring being worked on', () => {
  test('knows loads, strays and cost after any hand-overs as if it were walked afresh', () => {
    const handOvers = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 });
    fc.assert(
      fc.property(anyFlatRing, handOvers, (from, all) => {
        const slots = from.owners[0]!.length;
        const rule = walkRule(
          from.seats.map((it) => it.zone),
          from.replicationFactor,
        );
        const to = { ...from, slots, layout: 'flat' } as const;
        const draftOf = (owners: Uint16Array) => {
          const draft = {
            rule,
            owners,
            shares: fairShares(rule, slots),
            lanes: lanesOf(rule, owners),
          };
          return {
            ...draft,
            quotas: laneQuotas({ ...draft, lanes: lanesOf(rule, from.owners[0]!) }),
          };
        };
        const worked = new WalkedRing(draftOf(from.owners[0]!.slice()), inherit(from, to));
        let cost = worked.cost;
        for (const [slot, seat] of all)
          cost += worked.place(slot % slots, seat % from.seats.length);

        const afresh = new WalkedRing(draftOf(worked.owners.slice()), inherit(from, to));
        expect(worked.loads).toEqual(afresh.loads);
        expect(Math.abs(worked.cost - cost)).toBeLessThan(1e-3);
        const after = { ...from, owners: [worked.owners.slice()] };
        const loads = new Int32Array(from.seats.length);
        for (const seat of replicaTable(after).seats) loads[seat]!++;
        expect(worked.loads).toEqual(loads);
        const strays = Array.from({ length: slots }, (_, slot) => worked.isAstray(slot));
        expect(strays.includes(true)).toBe(movement(from, after).toOld > 0);
      }),
    );
  });
});
