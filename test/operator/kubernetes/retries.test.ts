import { describe, expect, test } from '@jest/globals';
import { KUBE_PATIENCE_MS, KUBE_RETRY_MS_MAX, KUBE_TRIES_MAX } from '../../../core/limits.ts';
import type { KubeAnswer } from '../../../operator/kubernetes/http.ts';
import { retryAfter } from '../../../operator/kubernetes/retries.ts';
import { fc } from '../../properties.ts';

const answered = (status: number, retryAfterMs: number | null = null): KubeAnswer => ({
  kind: 'answered',
  status,
  text: '',
  retryAfterMs,
});
const silent = (mayBeDone: boolean): KubeAnswer => ({
  kind: 'silent',
  mayBeDone,
  cause: new Error('x'),
});
const first = (isRepeatable: boolean) => ({ made: 1, spentMs: 0, isRepeatable });

describe('a call that failed', () => {
  test.each([
    ['turned away for load', answered(429), true, true],
    ['never sent', silent(false), true, true],
    ['without an answer', silent(true), true, false],
    ['that failed inside the server', answered(500), true, false],
    ['while the server starts', answered(503), true, false],
    ['forbidden', answered(403), false, false],
    ['in conflict', answered(409), false, false],
    ['not valid', answered(422), false, false],
    ['done', answered(200), false, false],
  ])('%s is repeated where that is safe', (_, answer, reading, creating) => {
    expect([
      retryAfter(answer, first(true), 0.5) !== null,
      retryAfter(answer, first(false), 0.5) !== null,
    ]).toEqual([reading, creating]);
  });

  test('waits at least as long as the server asks, and not as long as all others', () => {
    expect(retryAfter(answered(429, 2_000), first(false), 0)).toBe(2_000);
    expect(retryAfter(answered(429, 2_000), first(false), 0.5)).toBe(2_050);
  });

  test('is the outcome where the server asks for more than our patience', () => {
    expect(retryAfter(answered(429, KUBE_PATIENCE_MS + 1), first(false), 0)).toBeNull();
  });

  test('is repeated within the bounds of tries and time, whatever comes back', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: 10_000 }),
            fc.double({ min: 0, max: 0.999, noNaN: true }),
          ),
        ),
        (calls) => {
          let spentMs = 0;
          let made = 0;
          for (const [callMs, fraction] of calls) {
            made++;
            spentMs += callMs;
            const ms = retryAfter(silent(true), { made, spentMs, isRepeatable: true }, fraction);
            if (ms === null) break;
            expect(ms).toBeLessThanOrEqual(KUBE_RETRY_MS_MAX);
            spentMs += ms;
            expect(spentMs).toBeLessThanOrEqual(KUBE_PATIENCE_MS);
          }
          expect(made).toBeLessThanOrEqual(KUBE_TRIES_MAX);
        },
      ),
    );
  });
});
