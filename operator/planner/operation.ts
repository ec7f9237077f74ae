// The change under way in numbers, for people and progress bars.
import { coverage } from '../../core/membership/coverage.ts';
import { transfers } from '../../core/ring/transfers.ts';
import { slotLoad } from './forecast.ts';
import type { World } from './world.ts';

/** The change under way. Slots are counted once per member that gets them. */
export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly phase: 'stable' | 'write-both' | 'read-new';
  /** When the present phase was stored, wall clock in ms. */
  readonly startedMs: number;
  readonly slotsDone: number;
  readonly slotsTotal: number;
  readonly keysDone: number;
  readonly bytesDone: number;
  /** By the loads that the members last told; 0: unknown. */
  readonly keysTotal: number;
  readonly bytesTotal: number;
}

/** null: no change is under way. */
export function operationOf({ document, reports, observed }: World): Operation | null {
  const { change, next } = document;
  if (change === null || next === null) return null;
  const parts = coverage(document, reports);
  const readable = document.phase === 'read-new';
  const slotsTotal = parts.reduce((total, { needed }) => total + needed, 0);
  const covered = parts.reduce((total, part) => total + part.covered, 0);
  let [keysDone, bytesDone, keysTotal, bytesTotal] = [0, 0, 0, 0];
  for (const { member } of parts) {
    const gains = reports.get(member.incarnation)?.gains;
    if (gains?.change !== change.id) continue;
    keysDone += gains.keys;
    bytesDone += gains.bytes;
  }
  if (observed.loads.size > 0) {
    for (const { slot, pair, others } of transfers(document.current, next)) {
      const load = slotLoad(pair === null ? others : [pair, ...others], slot, observed.loads);
      keysTotal += load.keys;
      bytesTotal += load.bytes;
    }
  }
  return {
    id: change.id,
    summary: change.summary,
    phase: document.phase,
    startedMs: document.progress.sinceMs,
    slotsDone: readable ? slotsTotal : covered,
    slotsTotal,
    keysDone,
    bytesDone,
    keysTotal,
    bytesTotal,
  };
}
