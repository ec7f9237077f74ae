// Figures of a ring's status that are the same wherever it runs.
import type { RingDocument } from '../core/api/ring-document.ts';
import { replicaTable } from '../core/ring/ring.ts';
import type { Operation } from './planner/plan.ts';
import { remainingMs } from './words.ts';

export interface OperationStatus extends Operation {
  /** ms that the rest takes at the speed so far; null: not known yet. */
  readonly etaMs: number | null;
}

export function operationStatus(
  operation: Operation | null,
  nowMs: number,
): OperationStatus | null {
  if (operation === null) return null;
  const elapsedMs = nowMs - operation.startedMs;
  const { slotsDone, slotsTotal, bytesDone, bytesTotal } = operation;
  // Bytes tell the time better than slots do, where the members' loads are known.
  const etaMs =
    operation.phase === 'read-new'
      ? 0
      : bytesTotal > 0 && bytesDone < bytesTotal
        ? remainingMs({ done: bytesDone, total: bytesTotal, elapsedMs })
        : remainingMs({ done: slotsDone, total: slotsTotal, elapsedMs });
  return { ...operation, etaMs };
}

/** Slots of which each seat holds a replica, as of the assignment in force. */
export function slotsHeld(document: RingDocument | null): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  if (document === null) return held;
  const counts = new Uint32Array(document.current.seats.length);
  for (const seat of replicaTable(document.current).seats) counts[seat] = (counts[seat] ?? 0) + 1;
  document.current.seats.forEach(({ incarnation }, index) =>
    held.set(incarnation, counts[index] ?? 0),
  );
  return held;
}
