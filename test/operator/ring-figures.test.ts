import { describe, expect, test } from '@jest/globals';
import { plan } from '../../operator/planner/plan.ts';
import { ringFigures } from '../../operator/ring-figures.ts';
import type { RingFigures } from '../../operator/ring-figures.ts';
import { IdealRing } from './planner/ideal-ring.ts';

function figuresOf(ring: IdealRing): RingFigures {
  const observed = ring.observe();
  const planned = plan(ring.desired, observed);
  const wanted = ring.desired.replicas;
  return ringFigures({
    plan: planned,
    observed,
    wanted,
    waits: [],
    conditions: planned.conditions,
  });
}

describe('a ring in figures', () => {
  test('at rest everybody serves, nothing moves and no copy is missing', () => {
    expect(figuresOf(IdealRing.settledAt(3))).toMatchObject({
      phase: 'stable',
      underReplicated: 0,
      moving: 0,
      balance: 1,
      members: { joining: 0, serving: 3, leaving: 0, left: 0, lost: 0 },
      ready: 3,
      wanted: 3,
      operation: null,
      waits: [],
    });
  });

  test('before the ring is founded there is nothing to count', () => {
    const figures = figuresOf(new IdealRing());
    expect(figures).toMatchObject({ epoch: 0, epochSinceMs: null, phase: null, ready: 0 });
    expect(Object.values(figures.members)).toEqual([0, 0, 0, 0, 0]);
  });

  test('each slot with a copy on a silent member is under-replicated', () => {
    const ring = IdealRing.settledAt(3);
    const observed = ring.observe();
    const [first, ...others] = observed.nodes;
    const seen = { ...observed, nodes: [{ ...first!, report: null }, ...others] };
    const planned = plan(ring.desired, seen);
    const figures = ringFigures({
      plan: planned,
      observed: seen,
      wanted: 3,
      waits: [],
      conditions: [],
    });
    expect(figures).toMatchObject({ underReplicated: 16, ready: 2 });
  });
});
