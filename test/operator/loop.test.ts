import { describe, expect, test } from '@jest/globals';
import { RingError } from '../../core/errors.ts';
import { reconcile } from '../../operator/loop.ts';
import type { Action } from '../../operator/planner/actions.ts';
import type { Desired, Observed } from '../../operator/planner/observed.ts';
import type { Plan } from '../../operator/planner/plan.ts';
import type { Platform } from '../../operator/platform.ts';
import { nodeId } from '../../core/api/ids.ts';

const DESIRED = {} as Desired;
const OBSERVED = {} as Observed;
const plans = (action: Action): Plan => ({ action, waits: [], operation: null, conditions: [] });
const start = (id: string): Action => ({ kind: 'start-node', id: nodeId(id) });
const NONE: Action = { kind: 'none' };

/** A world in which each action takes what it is told to; it writes down what happened, in order. */
class World implements Platform {
  readonly story: string[] = [];
  readonly waits: number[] = [];
  readonly failures: unknown[] = [];
  private readonly ending = new AbortController();
  private readonly refusals: Error[];
  private readonly waitsLeft: number;

  constructor({ refusals = [], waitsLeft = 1 }: { refusals?: Error[]; waitsLeft?: number } = {}) {
    this.refusals = refusals;
    this.waitsLeft = waitsLeft;
  }

  async run(answers: readonly Action[]): Promise<this> {
    const left = [...answers];
    await reconcile(this, () => plans(left.shift() ?? NONE), this.ending.signal, {
      failed: (error) => {
        this.failures.push(error);
      },
    });
    return this;
  }

  desired(): Promise<Desired> {
    return Promise.resolve(DESIRED);
  }
  observe(): Promise<Observed> {
    this.story.push('observe');
    return Promise.resolve(OBSERVED);
  }
  apply(action: Action): Promise<void> {
    if (action.kind === 'none') return Promise.resolve();
    this.story.push(action.kind);
    const refusal = this.refusals.shift();
    return refusal === undefined ? Promise.resolve() : Promise.reject(refusal);
  }
  report(): Promise<void> {
    this.story.push('report');
    return Promise.resolve();
  }
  wait(ms: number): Promise<void> {
    this.waits.push(ms);
    this.story.push('wait');
    if (this.waits.length >= this.waitsLeft) this.ending.abort();
    return Promise.resolve();
  }
}

describe('the loop', () => {
  test('observes again right after an action, and announces each one before it is carried out', async () => {
    const world = await new World().run([start('a-0'), start('a-1')]);
    expect(world.story).toEqual([
      'observe',
      'report',
      'start-node',
      'observe',
      'report',
      'start-node',
      'observe',
      'report',
      'wait',
    ]);
  });

  test('an action that changes nothing does not spin: the same one again waits', async () => {
    const world = await new World().run([start('a-0'), start('a-0'), start('a-0')]);
    expect(world.story).toEqual([
      'observe',
      'report',
      'start-node',
      'observe',
      'report',
      'start-node',
      'wait',
    ]);
    expect(world.waits[0]).toBeGreaterThan(0);
  });

  test('a world that moved on is looked at again at once and is no failure', async () => {
    const world = await new World({ refusals: [new RingError('CONFLICT', 'another epoch')] }).run([
      start('a-0'),
    ]);
    expect(world.story).toEqual(['observe', 'report', 'start-node', 'observe', 'report', 'wait']);
    expect(world.failures).toEqual([]);
  });

  test('a world that moves on for ever does not spin', async () => {
    const refusals = [1, 2, 3].map((n) => new RingError('CONFLICT', `epoch ${n}`));
    const world = await new World({ refusals, waitsLeft: 2 }).run([
      start('a-0'),
      start('a-1'),
      start('a-2'),
    ]);
    expect(world.story.filter((word) => word === 'wait')).toHaveLength(2);
  });

  test('what fails is told once per failure, and tried again ever more slowly', async () => {
    const refusals = Array.from({ length: 12 }, () => new Error('no'));
    const world = await new World({ refusals, waitsLeft: 12 }).run(
      Array.from({ length: 12 }, (_, i) => start(`a-${i}`)),
    );
    expect(world.failures).toHaveLength(12);
    expect(Math.min(...world.waits.slice(8))).toBeGreaterThan(Math.max(...world.waits.slice(0, 2)));
    expect(Math.max(...world.waits)).toBeLessThanOrEqual(10_000);
  });
});
