import { describe, expect, test } from '@jest/globals';
import { forgetDigest, knownDigest, withDigest } from '../../../core/replica/digests.ts';
import { keyOf, slotOf } from '../../../core/ring/hash.ts';
import { rootOf } from '../../../core/version/digest.ts';
import { SLOT_BITS } from './calm-disk.ts';
import { CalmRing, putOf } from './calm-ring.ts';

const SLOT = slotOf(keyOf('k0'), SLOT_BITS);
const KEYS = Array.from({ length: 400 }, (_, i) => `k${i}`).filter(
  (key) => slotOf(keyOf(key), SLOT_BITS) === SLOT,
);

function filled(): CalmRing {
  const ring = CalmRing.of(['a']);
  for (const key of KEYS.slice(0, 8)) ring.put('a', key, 'v');
  return ring;
}

/** The root as a fresh process computes it from the disk. */
function rootOnDisk(ring: CalmRing): unknown {
  ring.restart('a');
  return rootNow(ring);
}

function rootNow(ring: CalmRing): unknown {
  let root: unknown = null;
  withDigest(ring.node('a').replica, SLOT, ({ leaves }) => {
    root = rootOf(leaves);
  });
  // Direct calls leave their effects to the next step.
  ring.ticks(1);
  return root;
}

describe('the digest of a slot', () => {
  test('kept in the write path equals the one computed from the disk', () => {
    const ring = filled();
    rootNow(ring);
    for (const key of KEYS.slice(4, 12)) ring.put('a', key, 'w');
    ring.put('a', KEYS[0]!, null);
    expect(knownDigest(ring.node('a').replica, SLOT)).not.toBeNull();
    const kept = rootNow(ring);
    expect(kept).toEqual(rootOnDisk(ring));
  });

  test('counts each record once, though written while a page was read', () => {
    for (let pagesBefore = 0; pagesBefore < 4; pagesBefore++) {
      const ring = filled();
      ring.restart('a');
      const page = ring.stall('a', 'scanned');
      const roots: unknown[] = [];
      withDigest(ring.node('a').replica, SLOT, ({ leaves }) => roots.push(rootOf(leaves)));
      ring.ticks(1);
      page(pagesBefore);
      for (const key of KEYS.slice(0, 12)) ring.send('a', putOf(key, 'w'));
      page();
      expect(roots).toHaveLength(1);
      expect(rootNow(ring)).toEqual(rootOnDisk(ring));
    }
  });

  test('that becomes unknown while it is read is computed again for all who wait', () => {
    const ring = filled();
    ring.restart('a');
    const page = ring.stall('a', 'scanned');
    let served = 0;
    for (let i = 0; i < 3; i++)
      withDigest(ring.node('a').replica, SLOT, () => {
        served++;
      });
    ring.ticks(1);
    forgetDigest(ring.node('a').replica, SLOT, 'unknown');
    page();
    ring.ticks(1);
    expect(served).toBe(3);
  });

  test('of an emptied slot is known at once, for those who wait as well', () => {
    const ring = filled();
    ring.restart('a');
    const page = ring.stall('a', 'scanned');
    const roots: unknown[] = [];
    withDigest(ring.node('a').replica, SLOT, ({ leaves }) => roots.push(rootOf(leaves)));
    ring.ticks(1);
    forgetDigest(ring.node('a').replica, SLOT, 'empty');
    page();
    expect(roots).toEqual([{ high: 0, low: 0 }]);
  });

  test('says whether the slot may hold tombstones', () => {
    const ring = filled();
    rootNow(ring);
    const mayHold = () => knownDigest(ring.node('a').replica, SLOT)?.mayHoldTombstones;
    expect(mayHold()).toBe(false);
    ring.put('a', KEYS[1]!, null);
    expect(mayHold()).toBe(true);
    rootOnDisk(ring);
    expect(mayHold()).toBe(true);
  });
});
