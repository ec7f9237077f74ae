import { describe, expect, test } from '@jest/globals';
import { claim } from '../../../core/ring/claim.ts';
import { holdsSlot, replicaSet, replicaTable, slotBitsOf } from '../../../core/ring/ring.ts';
import { fc } from '../../properties.ts';
import { anyFlatRing, naiveSet, seat, seats } from './rings.ts';

const QUORUMS = { readQuorum: 2, writeQuorum: 2 };

function flat(owners: number[], zones: string[], replicationFactor: number) {
  return {
    layout: { kind: 'flat' },
    replicationFactor,
    ...QUORUMS,
    seats: zones.map((inZone, nth) => seat(`m${nth}`, inZone)),
    owners: [Uint16Array.from(owners)],
  } as const;
}

describe('the replica table', () => {
  test('names the owner and the next distinct members clockwise, around the end of the ring', () => {
    const ring = flat([0, 1, 1, 2, 3, 0, 2, 3], ['a', 'a', 'a', 'a'], 3);
    expect(replicaSet(ring, 0)).toEqual(['m0', 'm1', 'm2']);
    expect(replicaSet(ring, 1)).toEqual(['m1', 'm2', 'm3']);
    expect(replicaSet(ring, 7)).toEqual(['m3', 'm0', 'm1']);
  });

  test('prefers unseen zones, and takes the nearest of seen ones for the rest', () => {
    const ring = flat([0, 1, 2, 3, 0, 1, 2, 3], ['a', 'a', 'a', 'b'], 3);
    expect(replicaSet(ring, 0)).toEqual(['m0', 'm1', 'm3']);
    expect(replicaSet(ring, 3)).toEqual(['m3', 'm0', 'm1']);
  });

  test('uses N consecutive zone arrays from the slot number on in a zoned ring', () => {
    const owners = [
      [0, 0, 0, 0],
      [1, 1, 1, 1],
      [2, 2, 2, 2],
    ].map((it) => Uint16Array.from(it));
    const zones = ['a', 'b', 'c'].map((name) => seat('', name).zone);
    const ring = {
      ...flat([], ['a', 'b', 'c'], 2),
      layout: { kind: 'zoned', zones } as const,
      owners,
    };
    expect([0, 1, 2, 3].map((slot) => replicaSet(ring, slot))).toEqual([
      ['m0', 'm1'],
      ['m1', 'm2'],
      ['m2', 'm0'],
      ['m0', 'm1'],
    ]);
  });

  test('I9: holds min(N, members) distinct members in min(N, zones) zones, whoever owns what', () => {
    fc.assert(
      fc.property(anyFlatRing, (ring) => {
        const zoneOf = new Map(ring.seats.map((it) => [it.incarnation, it.zone]));
        const zones = new Set(zoneOf.values()).size;
        for (let slot = 0; slot < ring.owners[0]!.length; slot++) {
          const set = replicaSet(ring, slot);
          expect(new Set(set).size).toBe(Math.min(ring.replicationFactor, ring.seats.length));
          expect(new Set(set.map((it) => zoneOf.get(it))).size).toBe(
            Math.min(ring.replicationFactor, zones),
          );
        }
      }),
    );
  });

  test('agrees with a naive walk on any flat ring', () => {
    fc.assert(
      fc.property(anyFlatRing, (ring) => {
        for (let slot = 0; slot < ring.owners[0]!.length; slot++) {
          expect(replicaSet(ring, slot)).toEqual(naiveSet(ring, slot));
          expect(
            ring.seats
              .filter((it) => holdsSlot(ring, slot, it.incarnation))
              .map((it) => it.incarnation)
              .sort(),
          ).toEqual([...replicaSet(ring, slot)].sort());
        }
      }),
    );
  });

  test('is made once per assignment', () => {
    const ring = claim({
      from: null,
      seats: seats(4),
      slotBits: 6,
      replicationFactor: 3,
      ...QUORUMS,
    });
    expect(replicaTable(ring)).toBe(replicaTable(ring));
    expect(slotBitsOf(ring)).toBe(6);
  });
});
