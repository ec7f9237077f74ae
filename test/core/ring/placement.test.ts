import { describe, expect, test } from '@jest/globals';
import { preferenceList } from '../../../core/ring/placement.ts';
import { replicaSet } from '../../../core/ring/ring.ts';
import { fc } from '../../properties.ts';
import { anyFlatRing, seat } from './rings.ts';

describe('the preference list', () => {
  test('begins with the replica set and names every member once', () => {
    fc.assert(
      fc.property(anyFlatRing, (ring) => {
        const everyone = ring.seats.map((it) => it.incarnation).sort();
        for (let slot = 0; slot < ring.owners[0]!.length; slot++) {
          const list = preferenceList(ring, slot),
            set = replicaSet(ring, slot);
          expect(list.slice(0, set.length)).toEqual(set);
          expect([...list].sort()).toEqual(everyone);
        }
      }),
    );
  });

  test('falls back to the members next clockwise, and last to who owns nothing', () => {
    const ring = {
      layout: { kind: 'flat' },
      replicationFactor: 2,
      readQuorum: 1,
      writeQuorum: 1,
      seats: ['a', 'b', 'c', 'd', 'e'].map((name) => seat(name)),
      owners: [Uint16Array.of(0, 1, 3, 2, 0, 1, 3, 2)],
    } as const;
    expect(preferenceList(ring, 1)).toEqual(['b', 'd', 'c', 'a', 'e']);
    expect(preferenceList(ring, 7)).toEqual(['c', 'a', 'b', 'd', 'e']);
  });
});
