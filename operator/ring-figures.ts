// A ring in figures, the same wherever it runs: what status, metrics and dashboards are made of. Pure.
import type { RingDocument } from '../core/api/ring-document.ts';
import { replicaTable } from '../core/ring/ring.ts';
import type { WaitReason } from './planner/actions.ts';
import type { Observed } from './planner/observed.ts';
import type { Condition, Plan } from './planner/plan.ts';
import { operationStatus, slotsHeld } from './ring-status.ts';
import type { OperationStatus } from './ring-status.ts';

export const MEMBER_STATES = ['joining', 'serving', 'leaving', 'left', 'lost'] as const;
export type MemberState = (typeof MEMBER_STATES)[number];

export interface SlotFigures {
  /** Slots with fewer live copies than replicationFactor. */
  readonly underReplicated: number;
  /** Slots that change hands or are not yet cleaned up. */
  readonly moving: number;
  /** Replicated slots of the busiest member, as a multiple of the mean; 1 is even. */
  readonly balance: number;
  /** Keys of the ring, each counted once. */
  readonly keys: number;
}

/** Why something waits, and since when: wall clock in ms. */
export interface TimedWait {
  readonly reason: WaitReason;
  readonly sinceMs: number;
}

export interface RingFigures extends SlotFigures {
  readonly epoch: number;
  /** When that epoch was stored, wall clock in ms; null: there is no document. */
  readonly epochSinceMs: number | null;
  readonly phase: RingDocument['phase'] | null;
  readonly members: Readonly<Record<MemberState, number>>;
  /** Members that take requests. */
  readonly ready: number;
  /** Members that there should be. */
  readonly wanted: number;
  readonly operation: OperationStatus | null;
  readonly waits: readonly TimedWait[];
  readonly conditions: readonly Pick<Condition, 'type' | 'status'>[];
}

export interface FiguresInput {
  readonly plan: Plan;
  readonly observed: Observed;
  readonly wanted: number;
  /** The plan's, or what the platform made of them. */
  readonly waits: RingFigures['waits'];
  readonly conditions: RingFigures['conditions'];
}

export function ringFigures(input: FiguresInput): RingFigures {
  const { plan, observed, wanted, waits, conditions } = input;
  const { document } = observed;
  return {
    epoch: document?.epoch ?? 0,
    epochSinceMs: document?.progress.sinceMs ?? null,
    phase: document?.phase ?? null,
    ...(document === null ? NOTHING : slotFigures(document, observed)),
    members: membersByState(document),
    ready: readyMembers(observed),
    wanted,
    operation: operationStatus(plan.operation, observed.nowMs),
    waits,
    conditions,
  };
}

const NOTHING: SlotFigures = { underReplicated: 0, moving: 0, balance: 1, keys: 0 };

/** Members that serve and are not about to stop. */
export function readyMembers({ nodes }: Observed): number {
  return nodes.filter(({ report }) => report?.serving === true && !report.draining).length;
}

export function slotFigures(document: RingDocument, observed: Observed): SlotFigures {
  const { current, uncleaned } = document;
  const table = replicaTable(current);
  const serving = new Set(
    observed.nodes.flatMap(({ report }) => (report?.serving === true ? [report.incarnation] : [])),
  );
  const lives = current.seats.map((seat) => serving.has(seat.incarnation));
  const wanted = current.replicationFactor;
  let short = 0;
  for (let slot = 0; slot < table.slots; slot++) {
    const set = table.seats.subarray(slot * table.width, (slot + 1) * table.width);
    if (set.filter((seat) => lives[seat]).length < wanted) short += 1;
  }
  const held = [...slotsHeld(document).values()];
  const mean = held.reduce((sum, slots) => sum + slots, 0) / Math.max(1, held.length);
  return {
    underReplicated: short,
    moving: movingSlots(document, observed, uncleaned.length > 0),
    balance: mean === 0 ? 1 : Math.round((Math.max(...held) / mean) * 1000) / 1000,
    keys: Math.round(keysHeld(observed) / Math.max(1, table.width)),
  };
}

function movingSlots(document: RingDocument, observed: Observed, cleans: boolean): number {
  const { next, current } = document;
  const reports = observed.nodes.flatMap(({ report }) => report ?? []);
  if (next === null) {
    return cleans ? Math.max(0, ...reports.map(({ uncleanSlots }) => uncleanSlots)) : 0;
  }
  const [before, after] = [replicaTable(current), replicaTable(next)];
  const setOf = (ring: typeof current, table: typeof before, slot: number): string =>
    Array.from(
      table.seats.subarray(slot * table.width, (slot + 1) * table.width),
      (seat) => ring.seats[seat]?.incarnation,
    )
      .sort()
      .join();
  let moving = 0;
  for (let slot = 0; slot < before.slots; slot++) {
    if (setOf(current, before, slot) !== setOf(next, after, slot)) moving += 1;
  }
  return moving;
}

/** Of members that the ring counts: each key as often as it has copies. */
function keysHeld({ nodes }: Observed): number {
  return nodes.reduce((sum, { report }) => sum + (report?.serving === true ? report.keys : 0), 0);
}

function membersByState(document: RingDocument | null): RingFigures['members'] {
  const counts = { joining: 0, serving: 0, leaving: 0, left: 0, lost: 0 };
  for (const { state, lost } of document?.members ?? []) counts[lost ? 'lost' : state] += 1;
  return counts;
}
