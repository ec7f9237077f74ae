// In which order the zones of a zoned layout stand: a slot uses N consecutive ones from its own
// number, so the order decides how much moves when a zone comes or goes.
import type { Zone } from '../api/ids.ts';
import type { Layout } from '../api/ring-document.ts';

/** Above so many zones all orders are too many to try; new zones then go to the end. */
const TRIED_MAX = 6;

/** The zones in the order that keeps the most (slot, zone) pairs of the old layout. */
export function orderZones(zones: ReadonlySet<Zone>, old: Layout | null, width: number): Zone[] {
  const before = old?.kind === 'zoned' ? old.zones : [];
  const kept = before.filter((zone) => zones.has(zone));
  const order = [...kept, ...[...zones].filter((zone) => !kept.includes(zone)).sort()];
  const isSame = kept.length === before.length && order.length === before.length;
  if (before.length === 0 || isSame || order.length > TRIED_MAX) return order;
  let best = order,
    bestKept = -1;
  for (const tried of permutations(order)) {
    const pairs = keptPairs(tried, before, width);
    if (pairs > bestKept) [best, bestKept] = [tried, pairs];
  }
  return best;
}

/** Pairs kept over as many slots as both orders take to repeat. */
function keptPairs(order: readonly Zone[], before: readonly Zone[], width: number): number {
  let pairs = 0;
  for (let slot = 0; slot < order.length * before.length; slot++) {
    const old = zonesOfSlot(before, slot, width);
    for (const zone of zonesOfSlot(order, slot, width)) if (old.includes(zone)) pairs++;
  }
  return pairs;
}

function zonesOfSlot(order: readonly Zone[], slot: number, width: number): Zone[] {
  return Array.from({ length: width }, (_, nth) => order[(slot + nth) % order.length]!);
}

function permutations(zones: readonly Zone[]): Zone[][] {
  if (zones.length <= 1) return [[...zones]];
  return zones.flatMap((first, at) =>
    permutations(zones.toSpliced(at, 1)).map((rest) => [first, ...rest]),
  );
}
