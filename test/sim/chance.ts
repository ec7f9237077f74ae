// Small draws from the seeded generator, so that schedules read like sentences.
import { defined } from '../../core/assert.ts';
import type { Rng } from '../../core/rng.ts';

/** An integer in low … high. */
export function between(rng: Rng, low: number, high: number): number {
  return low + rng.below(high - low + 1);
}

export function chance(rng: Rng, probability: number): boolean {
  return probability > 0 && rng.fraction() < probability;
}

export function pick<T>(rng: Rng, items: readonly T[]): T {
  return defined(items[rng.below(items.length)], 'something to pick from');
}

/** One of the names, as often as its weight says. */
export function weighted<K extends string>(rng: Rng, weights: Readonly<Record<K, number>>): K {
  let total = 0;
  for (const name in weights) total += weights[name];
  let left = rng.fraction() * total;
  let last: K | null = null;
  for (const name in weights) {
    if (weights[name] <= 0) continue;
    last = name;
    left -= weights[name];
    if (left < 0) return name;
  }
  return defined(last, 'a positive weight');
}

/** A random subset of `size` items, in random order. */
export function sample<T>(rng: Rng, items: readonly T[], size: number): T[] {
  const left = [...items];
  const taken: T[] = [];
  while (taken.length < size && left.length > 0)
    taken.push(...left.splice(rng.below(left.length), 1));
  return taken;
}

/** A well-mixed 32-bit number of two: seeds of parts from the schedule's seed. */
export function mixSeeds(a: number, b: number): number {
  let z = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  return (z ^ (z >>> 15)) >>> 0;
}
