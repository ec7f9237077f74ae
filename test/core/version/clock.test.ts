import { describe, expect, test } from '@jest/globals';
import { CLOCK_SKEW_MS_MAX } from '../../../core/limits.ts';
import { clockMs, mergeClock, tickClock } from '../../../core/version/clock.ts';
import { fc } from '../../properties.ts';

const NOW_MS = 1_800_000_000_000;
const wall = fc.integer({ min: 0, max: 2 ** 42 });

describe('the hybrid logical clock', () => {
  test('grows with every event, whatever the wall clock and peers do', () => {
    const events = fc.array(
      fc.record({ nowMs: wall, remote: fc.option(wall.map((ms) => ms * 1024 + 7)) }),
    );
    fc.assert(
      fc.property(events, (all) => {
        let last = 0;
        for (const { nowMs, remote } of all) {
          const heard = remote === null ? last : mergeClock(last, remote, nowMs);
          expect(heard).toBeGreaterThanOrEqual(last);
          const next = tickClock(heard, nowMs);
          expect(next).toBeGreaterThan(heard);
          expect(Number.isSafeInteger(next)).toBe(true);
          last = next;
        }
      }),
    );
  });

  test('shows the wall clock when it moves on, and counts when it stands', () => {
    const first = tickClock(0, NOW_MS);
    expect(clockMs(first)).toBe(NOW_MS);
    expect(tickClock(first, NOW_MS)).toBe(first + 1);
    expect(tickClock(first, NOW_MS - 5_000)).toBe(first + 1);
    expect(clockMs(tickClock(first, NOW_MS + 1))).toBe(NOW_MS + 1);
  });

  test('an event after a message is later than what the message carried', () => {
    const remote = tickClock(0, NOW_MS + CLOCK_SKEW_MS_MAX);
    expect(tickClock(mergeClock(0, remote, NOW_MS), NOW_MS)).toBeGreaterThan(remote);
  });

  test('a peer more than the allowed skew ahead is not adopted', () => {
    const last = tickClock(0, NOW_MS);
    const tooFar = tickClock(0, NOW_MS + CLOCK_SKEW_MS_MAX + 1);
    expect(mergeClock(last, tooFar, NOW_MS)).toBe(last);
  });

  test.each([Number.NaN, Infinity, -1, 2 ** 53, 1.5])(
    'what is no clock (%p) is not adopted',
    (remote) => {
      expect(mergeClock(1024, remote, NOW_MS)).toBe(1024);
    },
  );

  test('a wall clock with fractions of a millisecond still gives a whole number', () => {
    expect(tickClock(0, NOW_MS + 0.7)).toBe(NOW_MS * 1024);
  });
});
