import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation } from '../../../core/api/ids.ts';
import { agreedMs } from '../../../core/replica/clocks.ts';
import { clockMs, tickClock } from '../../../core/version/clock.ts';
import { TICK_MS } from '../../../core/limits.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { CalmRing, heldAt } from './calm-ring.ts';

const HOUR_MS = 3_600_000;

/** A heart-beat of `from`, whose clock stands this far off, reaches `to`. */
function hear(ring: CalmRing, from: string, to: string, offMs: number): void {
  ring.input(to, {
    kind: 'envelope',
    envelope: {
      from: incarnation(from),
      to: incarnation(to),
      epoch: epoch(1),
      documentHash: reportOf(ring.node(to).replica).documentHash,
      clock: tickClock(0, ring.nowMs + offMs),
      body: { kind: 'heartbeat', life: 1 },
      about: null,
    },
  });
}

function timeOf(ring: CalmRing, name: string): number {
  ring.put(name, 'k', 'v');
  return clockMs(heldAt(ring, name, 'k')!.siblings[0]!.time);
}

describe('the hybrid clock of a node (protocol §4)', () => {
  test('follows a peer that is a little ahead, so that later writes are later', () => {
    const ring = CalmRing.of(['a', 'b']);
    hear(ring, 'b', 'a', 5_000);
    expect(timeOf(ring, 'a')).toBeGreaterThanOrEqual(ring.nowMs + 5_000);
  });

  test('does not follow one of three that is hours ahead', () => {
    const ring = CalmRing.of(['a', 'b', 'c']);
    hear(ring, 'b', 'a', 3 * HOUR_MS);
    ring.ticks(1);
    expect(timeOf(ring, 'a')).toBeLessThan(ring.nowMs + HOUR_MS);
  });

  test('does not follow the only peer that is hours ahead', () => {
    const ring = CalmRing.of(['a', 'b']);
    ring.cut('a', 'b');
    hear(ring, 'b', 'a', 3 * HOUR_MS);
    ring.ticks(1);
    expect(clockMs(ring.node('a').replica.clock)).toBeLessThan(ring.nowMs + HOUR_MS);
  });

  test('does not run ahead in a ring whose clocks are right, however ticks and heart-beats fall', () => {
    const names = ['a', 'b', 'c'];
    const ring = CalmRing.of(names);
    for (let tick = 0; tick < 600; tick++) {
      for (const name of names) {
        ring.nowMs += TICK_MS / names.length;
        ring.input(name, { kind: 'tick' });
      }
    }
    for (const name of names)
      expect(clockMs(ring.node(name).replica.clock) - ring.nowMs).toBeLessThan(TICK_MS);
  });

  test('is raised to what most of the ring shows, where its own is hours behind', () => {
    const ring = CalmRing.of(['a', 'b', 'c']);
    hear(ring, 'b', 'a', 3 * HOUR_MS);
    hear(ring, 'c', 'a', 3 * HOUR_MS);
    ring.ticks(1);
    expect(clockMs(ring.node('a').replica.clock)).toBeGreaterThan(ring.nowMs + 2 * HOUR_MS);
  });
});

describe('the time that replicas agree on', () => {
  test('is that of the last one, and none while one was not heard', () => {
    const ring = CalmRing.of(['a', 'b', 'c']);
    const { replica } = ring.node('a');
    const abc = ['a', 'b', 'c'].map(incarnation);
    hear(ring, 'b', 'a', HOUR_MS);
    hear(ring, 'c', 'a', -HOUR_MS);
    expect(agreedMs(replica, abc)).toBe(ring.nowMs - HOUR_MS);
    expect(agreedMs(replica, [...abc, incarnation('d')])).toBe(0);
  });

  test('goes on with the ticks', () => {
    const ring = CalmRing.of(['a', 'b']);
    hear(ring, 'b', 'a', -HOUR_MS);
    ring.cut('a', 'b');
    const before = ring.nowMs;
    ring.ticks(50);
    // The first of them may have come right after it was heard.
    expect(agreedMs(ring.node('a').replica, [incarnation('b')])).toBe(before - HOUR_MS + 4_900);
  });
});
