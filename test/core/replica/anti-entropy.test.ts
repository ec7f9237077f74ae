import { describe, expect, test } from '@jest/globals';
import { COMPARE_TICKS } from '../../../core/limits.ts';
import { leafBounds } from '../../../core/replica/anti-entropy.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { compareKeys, keyOf, slotOf } from '../../../core/ring/hash.ts';
import { leafOf } from '../../../core/version/digest.ts';
import { SLOT_BITS } from './calm-disk.ts';
import { CalmRing, heldAt, putOf, valuesAt } from './calm-ring.ts';

const ABC = ['a', 'b', 'c'];
const KEYS = Array.from({ length: 120 }, (_, i) => `key-${i}`);
const NONE = { actors: [], counters: [] };

/** Each key is at two of three replicas, and nobody keeps a hint. */
function uneven(): CalmRing {
  const ring = CalmRing.of(ABC);
  for (const [i, name] of ABC.entries()) {
    const missing = ABC[(i + 1) % 3]!;
    const missed = ring.lose(({ to, body }) => to === missing && body.kind === 'write');
    for (const key of KEYS.filter((_, k) => k % 3 === i))
      ring.send(name, putOf(key, key, { context: NONE }));
    ring.restart(name);
    missed();
  }
  return ring;
}

describe('anti-entropy', () => {
  test('makes all replicas equal (I8)', () => {
    const ring = uneven();
    expect(ABC.map((name) => ring.node(name).records.size)).toEqual([80, 80, 80]);
    ring.ticks(20 * COMPARE_TICKS);
    for (const key of KEYS) {
      for (const name of ABC)
        expect([name, key, valuesAt(ring, name, key)]).toEqual([name, key, [key]]);
    }
    for (const name of ABC) expect(reportOf(ring.node(name).replica).unequalSlots).toBe(0);
  });

  test('sends no record where the digests are equal', () => {
    const ring = CalmRing.of(ABC);
    for (const key of KEYS.slice(0, 20)) ring.put('a', key, key);
    ring.ticks(5 * COMPARE_TICKS);
    expect(ring.asked('compared').length).toBeGreaterThan(0);
    expect(ring.asked('exchange')).toEqual([]);
    expect(ring.asked('push')).toEqual([]);
  });

  test('merges what two replicas hold differently, and loses neither', () => {
    const ring = CalmRing.of(ABC);
    const cut = ring.lose(({ body }) => body.kind === 'write');
    for (const name of ['a', 'b']) {
      ring.send(name, putOf('k', name, { context: NONE }));
      ring.restart(name);
    }
    cut();
    ring.ticks(10 * COMPARE_TICKS);
    for (const name of ABC) expect(valuesAt(ring, name, 'k')).toEqual(['a', 'b']);
  });

  test('vouches for a digest only once it is durable (R2)', () => {
    const ring = CalmRing.of(ABC);
    const sync = ring.stall('b', 'stored');
    ring.send('a', putOf('k', 'v'));
    ring.ticks(2 * COMPARE_TICKS);
    expect(ring.asked('compare', 'b').length).toBeGreaterThan(0);
    expect(ring.asked('compared').filter(({ from }) => from === 'b')).toEqual([]);
    sync();
    expect(ring.asked('compared').filter(({ from }) => from === 'b').length).toBeGreaterThan(0);
  });

  test('names a mismatch only where it lasts, not where a write is under way', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', 'v');
    ring.node('b').records.delete('k');
    ring.restart('b');
    ring.lose(({ body }) => body.kind === 'exchanged' || body.kind === 'push');
    ring.ticks(10 * COMPARE_TICKS);
    expect(reportOf(ring.node('b').replica).unequalSlots).toBe(1);
    expect(heldAt(ring, 'b', 'k')).toBeNull();
    const busy = CalmRing.of(ABC);
    for (let i = 0; i < 10; i++) {
      const late = busy.lose(({ to, body }) => to === 'c' && body.kind === 'write');
      busy.put('a', 'k', `${i}`);
      busy.ticks(2);
      late();
      busy.ticks(8);
      expect(reportOf(busy.node('a').replica).unequalSlots).toBe(0);
    }
  });
});

test('the bounds of a leaf hold its keys and no other', () => {
  const { replica } = CalmRing.of(['a']).node('a');
  for (const key of KEYS.map(keyOf)) {
    const slot = slotOf(key, SLOT_BITS);
    for (let leaf = 0; leaf < 16; leaf++) {
      const { after, until } = leafBounds(replica, slot, leaf);
      const isInside =
        compareKeys(key, after) > 0 && (until === null || compareKeys(key, until) <= 0);
      expect(isInside).toBe(leafOf(key, SLOT_BITS) === leaf);
    }
  }
});
