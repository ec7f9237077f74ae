import { describe, expect, test } from '@jest/globals';
import { RECONNECT_MS_MAX, RECONNECT_MS_MIN } from '../../../core/limits.ts';
import { backoffMs } from '../../../node/transport/backoff.ts';
import { fc } from '../../properties.ts';

const BOUNDS = { reconnectMsMin: RECONNECT_MS_MIN, reconnectMsMax: RECONNECT_MS_MAX };

describe('the wait before a dial', () => {
  test.each([
    [0, 0.5, 25],
    [1, 0.5, 50],
    [2, 0.5, 100],
    [5, 0.5, 800],
    [6, 0.5, 1500],
    [60, 0.5, 1500],
    [5000, 0.5, 1500],
    [3, 0, 0],
  ])('after %d failures and a draw of %d is %d ms', (failures, fraction, waitMs) => {
    expect(backoffMs(failures, fraction, BOUNDS)).toBe(waitMs);
  });

  test('lies below the upper bound for every draw', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, draw) => {
          const waitMs = backoffMs(failures, draw, BOUNDS);
          expect(waitMs).toBeGreaterThanOrEqual(0);
          expect(waitMs).toBeLessThan(RECONNECT_MS_MAX);
        },
      ),
    );
  });
});
