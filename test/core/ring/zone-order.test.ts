import { describe, expect, test } from '@jest/globals';
import { zone } from '../../../core/api/ids.ts';
import type { Layout } from '../../../core/api/ring-document.ts';
import { orderZones } from '../../../core/ring/zone-order.ts';

const named = (names: string): Layout => ({ kind: 'zoned', zones: names.split('').map(zone) });
const set = (names: string) => new Set(names.split('').map(zone));

describe('the order of zones', () => {
  test('stays as it was while the zones do, and is by name in a fresh ring', () => {
    expect(orderZones(set('abc'), named('cab'), 2).join('')).toBe('cab');
    expect(orderZones(set('cab'), null, 2).join('')).toBe('abc');
  });

  test('keeps more (slot, zone) pairs than adding the new zone at the end would', () => {
    const kept = (order: readonly string[], old: string, width: number): number => {
      let pairs = 0;
      for (let slot = 0; slot < order.length * old.length; slot++) {
        for (let nth = 0; nth < width; nth++) {
          const name = order[(slot + nth) % order.length]!;
          const place = (old.indexOf(name) - (slot % old.length) + old.length) % old.length;
          if (old.includes(name) && place < width) pairs++;
        }
      }
      return pairs;
    };
    const order = orderZones(set('abde'), named('abcd'), 2);
    expect(kept(order, 'abcd', 2)).toBeGreaterThan(kept(['a', 'b', 'd', 'e'], 'abcd', 2));
    expect([...order].sort().join('')).toBe('abde');
  });

  test('names every zone once, also where there are too many to try all orders', () => {
    const order = orderZones(set('abcdefghij'), named('jihg'), 3);
    expect(order.join('')).toBe('jihgabcdef');
  });
});
