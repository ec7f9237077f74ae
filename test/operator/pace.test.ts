import { describe, expect, test } from '@jest/globals';
import { nodeId } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import {
  RECONCILE_BUSY_MS,
  RECONCILE_PATIENCE,
  RECONCILE_RETRY_MS_MAX,
} from '../../core/limits.ts';
import { Pace } from '../../operator/pace.ts';
import type { Action, Wait } from '../../operator/planner/actions.ts';
import type { Plan } from '../../operator/planner/plan.ts';

const REST_MS = 10_000;
const NONE: Action = { kind: 'none' };

const plan = (action: Action, ...waits: readonly Wait[]): Plan => ({
  action,
  waits,
  operation: null,
  conditions: [],
});
const start = (id: string): Action => ({ kind: 'start-node', id: nodeId(id) });
const waitFor = (id: string): Wait => ({
  reason: 'NodesStarting',
  message: `${id} does not answer yet`,
  unblock: '',
  nodes: [nodeId(id)],
});

/** Looks whenever the pace says so, for so long; how often it looked. */
function looksWithin(ms: number, answerAt: (nowMs: number) => Plan): number {
  let nowMs = 0;
  const pace = new Pace(REST_MS, () => nowMs);
  let looks = 0;
  while (nowMs < ms) {
    looks++;
    nowMs += pace.after(answerAt(nowMs));
  }
  return looks;
}

describe('the pace of a ring', () => {
  test('is that of rest where nothing is under way', () => {
    expect(looksWithin(100 * REST_MS, () => plan(NONE))).toBe(100);
  });

  test('is without pause after an action, and with one where the same is asked again', () => {
    const pace = new Pace(REST_MS, () => 0);
    expect(pace.after(plan(start('a')))).toBe(0);
    expect(pace.after(plan(start('b')))).toBe(0);
    expect(pace.after(plan(start('b')))).toBe(RECONCILE_BUSY_MS);
  });

  test('stays quick while what is waited for changes', () => {
    const looks = looksWithin(60_000, (nowMs) => plan(NONE, waitFor(`node-${nowMs}`)));
    expect(looks).toBe(60_000 / RECONCILE_BUSY_MS);
  });

  test('slows down to that of rest where a wait stays the same, for an hour too', () => {
    const looks = looksWithin(3_600_000, () => plan(NONE, waitFor('a')));
    expect(looks).toBeLessThan(1.1 * (3_600_000 / REST_MS));
  });

  test('lets no wait become longer by more than its patience', () => {
    const pace = new Pace(Infinity, () => nowMs);
    let nowMs = 0;
    for (const overMs of [1_000, 7_000, 40_000, 333_333]) {
      const begunMs = nowMs;
      const answer = plan(NONE, waitFor(`until-${overMs}`));
      while (nowMs < begunMs + overMs) nowMs += pace.after(answer);
      const late = nowMs - begunMs - overMs;
      expect(late).toBeLessThanOrEqual(Math.max(RECONCILE_BUSY_MS, overMs * RECONCILE_PATIENCE));
    }
  });

  test('is quick again once something moves', () => {
    let nowMs = 0;
    const pace = new Pace(REST_MS, () => nowMs);
    for (; nowMs < 3_600_000; nowMs += 1_000) pace.after(plan(NONE, waitFor('a')));
    expect(pace.after(plan(NONE, waitFor('a')))).toBe(REST_MS);
    expect(pace.after(plan(NONE, waitFor('b')))).toBe(RECONCILE_BUSY_MS);
  });

  test('tries again at once in a moved world, once', () => {
    const pace = new Pace(REST_MS);
    const conflict = new RingError('CONFLICT', 'the world moved on');
    expect(pace.afterFailure(conflict)).toBe(0);
    expect(pace.afterFailure(conflict)).toBeGreaterThan(0);
  });

  test('fails ever more slowly, up to its limit, and begins anew after success', () => {
    const pace = new Pace(REST_MS);
    const first = pace.afterFailure(new Error('no'));
    expect(first).toBeLessThanOrEqual(2 * RECONCILE_BUSY_MS);
    for (let i = 0; i < 20; i++) pace.afterFailure(new Error('no'));
    const last = pace.afterFailure(new Error('no'));
    expect(last).toBeGreaterThanOrEqual(RECONCILE_RETRY_MS_MAX / 2);
    expect(last).toBeLessThanOrEqual(RECONCILE_RETRY_MS_MAX);
    pace.after(plan(NONE));
    expect(pace.afterFailure(new Error('no'))).toBeLessThanOrEqual(2 * RECONCILE_BUSY_MS);
  });
});
