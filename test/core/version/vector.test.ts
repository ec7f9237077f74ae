import { describe, expect, test } from '@jest/globals';
import type { Vector } from '../../../core/api/object.ts';
import {
  compareDots,
  counterOf,
  covers,
  coversDot,
  EMPTY_VECTOR,
  joinVectors,
  sameVector,
  withDot,
} from '../../../core/version/vector.ts';
import { fc } from '../../properties.ts';
import { deepFreeze } from './history.ts';

const actorName = fc.constantFrom('a.1', 'a.2', 'b.1', 'c.1', 'd.10');
const counter = fc.integer({ min: 1, max: 4 });
const counters = fc.dictionary(actorName, counter, { noNullPrototype: true });

const vectorOf = (entries: Record<string, number>): Vector => {
  const actors = Object.keys(entries).sort();
  return deepFreeze({ actors, counters: actors.map((actor) => entries[actor]!) });
};
const entriesOf = (vector: Vector): Record<string, number> =>
  Object.fromEntries(vector.actors.map((actor, i) => [actor, vector.counters[i]!]));

describe('a version vector', () => {
  test('that saw nothing covers only what saw nothing', () => {
    expect(covers(EMPTY_VECTOR, vectorOf({}))).toBe(true);
    expect(covers(EMPTY_VECTOR, vectorOf({ 'a.1': 1 }))).toBe(false);
    expect(counterOf(EMPTY_VECTOR, 'a.1')).toBe(0);
  });

  test('covers another exactly when no counter of it is below', () => {
    fc.assert(
      fc.property(counters, counters, (a, b) => {
        const naive = Object.entries(b).every(([actor, n]) => (a[actor] ?? 0) >= n);
        expect(covers(vectorOf(a), vectorOf(b))).toBe(naive);
      }),
    );
  });

  test('joined with another holds the higher counter of each actor, actors ascending', () => {
    fc.assert(
      fc.property(counters, counters, (a, b) => {
        const naive = { ...a };
        for (const [actor, n] of Object.entries(b)) naive[actor] = Math.max(naive[actor] ?? 0, n);
        expect(joinVectors(vectorOf(a), vectorOf(b))).toEqual(vectorOf(naive));
      }),
    );
  });

  test('joined with what adds nothing is the same object', () => {
    fc.assert(
      fc.property(counters, counters, (a, b) => {
        const big = vectorOf({
          ...a,
          ...Object.fromEntries(Object.keys(b).map((actor) => [actor, 5])),
        });
        const small = vectorOf(b);
        expect(joinVectors(big, small)).toBe(big);
        expect(joinVectors(small, big)).toBe(sameVector(small, big) ? small : big);
      }),
    );
  });

  test('with a dot covers that dot, and is the same object where it did before', () => {
    fc.assert(
      fc.property(counters, actorName, counter, (a, actor, n) => {
        const before = vectorOf(a);
        const after = withDot(before, { actor, counter: n });
        expect(coversDot(after, { actor, counter: n })).toBe(true);
        expect(entriesOf(after)).toEqual({ ...a, [actor]: Math.max(a[actor] ?? 0, n) });
        expect(after.actors).toEqual([...after.actors].sort());
        if ((a[actor] ?? 0) >= n) expect(after).toBe(before);
      }),
    );
  });

  test('equals another exactly when both saw the same', () => {
    fc.assert(
      fc.property(counters, counters, (a, b) => {
        const naive = JSON.stringify(vectorOf(a)) === JSON.stringify(vectorOf(b));
        expect(sameVector(vectorOf(a), vectorOf(b))).toBe(naive);
      }),
    );
  });

  test('orders dots by actor, then by counter as a number', () => {
    const dots = [
      { actor: 'b.1', counter: 2 },
      { actor: 'a.1', counter: 10 },
      { actor: 'a.1', counter: 9 },
    ];
    expect(dots.sort(compareDots).map(({ actor, counter: n }) => `${actor}:${String(n)}`)).toEqual([
      'a.1:9',
      'a.1:10',
      'b.1:2',
    ]);
  });
});
