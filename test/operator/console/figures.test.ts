import { describe, expect, test } from '@jest/globals';
import { figures, readPage } from '../../../operator/console/figures.ts';
import { withNode } from '../../node/live-node.ts';

const page = (counts: readonly number[], atMs: number, startedMs = 0) => ({
  startedMs,
  atMs,
  bounds: [0.001, 0.01, Infinity],
  counts,
});

describe('what members measure', () => {
  test('is read from the page that a node really serves', async () => {
    await withNode(async ({ call, admin }) => {
      for (let i = 0; i < 5; i++) await call('PUT', `/v1/kv/${i}`, { body: 'x' });
      const read = readPage((await admin('GET', '/metrics')).body, Date.now());
      expect(read.counts.at(-1)).toBe(5);
      expect(read.bounds.at(-1)).toBe(Infinity);
      expect(Math.abs(Date.now() - read.startedMs)).toBeLessThan(3600_000);
      expect(figures(read, null)).toMatchObject({ startedMs: read.startedMs });
    });
  });

  test('counts from look to look, and from its start where it was started anew', () => {
    const before = page([10, 10, 10], 1_000);
    expect(figures(page([10, 30, 30], 3_000), before).perSecond).toBe(10);
    expect(figures(page([4, 4, 4], 3_000, 2_000), before).perSecond).toBe(4);
  });

  test('gives the time that half and 99 of 100 keep to; none where nothing came', () => {
    const { p50Ms, p99Ms } = figures(page([50, 100, 100], 1_000), null);
    expect([p50Ms, p99Ms]).toEqual([1, expect.closeTo(9.82)]);
    expect(figures(page([0, 0, 100], 1_000), null).p99Ms).toBe(10);
    expect(figures(page([0, 0, 0], 1_000), null)).toMatchObject({ p50Ms: null, p99Ms: null });
  });
});
