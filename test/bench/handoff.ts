// A member joins a ring of three that holds many keys, and leaves it again: keys a second, beside
// the raw copy of the same bytes; what moved beside the least that must; memory with that many
// keys.
import { setTimeout as pause } from 'node:timers/promises';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { transfers } from '../../core/ring/transfers.ts';
import type { OperatedRing } from '../live/operated-ring.ts';
import { until } from '../live/until.ts';
import type { Bench, Figure, Section } from './figures.ts';
import { count, ratio } from './figures.ts';
import { documentAt, fill, withRing } from './live-section.ts';
import { residentMegabytes } from './memory.ts';
import { rawCopyMs } from './raw-copy.ts';

const FEW = 200_000;
const MANY = 1_000_000;
const PATIENCE_MS = 900_000;
const LOOK_MS = 10;
/** ms after which V8 has collected what the start left: an idle node is one at rest. */
const REST_MS = 30_000;

async function run(bench: Bench): Promise<readonly Figure[]> {
  return withRing({ replicas: 3, replicationFactor: 3 }, async (ring) => {
    bench.tell('three nodes come to rest');
    await pause(REST_MS);
    const idle = residentMegabytes(ring);
    const figures: Figure[] = [
      {
        what: `memory of an idle node (RSS, largest of three, ${REST_MS / 1000} s after the start)`,
        measured: `${idle.toFixed(0)} MB`,
        target: '≤ 100 MB',
        isMet: idle <= 100,
      },
    ];
    let held = 0;
    for (const keys of bench.quick ? [FEW] : [FEW, MANY]) {
      const ms = await fill(ring, keys, bench.tell, held);
      figures.push({
        what: `${count(keys - held)} keys written by batches`,
        measured: `${count(((keys - held) / ms) * 1000)} keys/s`,
      });
      held = keys;
      figures.push(...(await measureMoves(ring, keys, bench)));
    }
    return figures;
  });
}

async function measureMoves(
  ring: OperatedRing,
  keys: number,
  { tell }: Bench,
): Promise<readonly Figure[]> {
  await ring.untilConverged(PATIENCE_MS);
  const loaded = residentMegabytes(ring);
  tell(`${count(keys)} keys: a member joins`);
  const before = await documentAt(ring.nodes()[0]!.ports.client);
  const join = await timeChange(ring, 4);
  const after = await documentAt(ring.nodes()[0]!.ports.client);
  const { keys: moved, bytes } = ring.status()!.members.find(({ name }) => name.endsWith('-3'))!;
  tell(`${count(keys)} keys: the member leaves`);
  const leave = await timeChange(ring, 3);
  const raw = await rawCopyMs(bytes);
  return [
    ratio(
      `join of ${count(moved)} keys, beside the raw copy of ${count(bytes / 1e6)} MB`,
      join.moveMs / raw,
      { atMost: 8 },
      `${count((moved / join.moveMs) * 1000)} keys/s, ${count(join.moveMs)} ms`,
    ),
    ratio(
      'leave of the same, beside the join',
      leave.moveMs / join.moveMs,
      { atMost: 0.5 },
      `${count((moved / leave.moveMs) * 1000)} keys/s, ${count(leave.moveMs)} ms`,
    ),
    {
      what: '  until all was cleaned up as well',
      measured: `join ${count(join.wholeMs)} ms, leave ${count(leave.wholeMs)} ms`,
    },
    ratio('slots moved by the join, beside the least', movedBeyondLeast(before, after), {
      atMost: 1.05,
    }),
    {
      what: `memory of a node with ${count(keys)} keys of 100 bytes (RSS, largest of three)`,
      measured: `${loaded.toFixed(0)} MB`,
      ...(keys >= MANY ? { target: '≤ 400 MB', isMet: loaded <= 400 } : {}),
    },
  ];
}

interface Times {
  /** From the change being stored until the ring is stable with its new members. */
  readonly moveMs: number;
  /** From the edit of the manifest until nothing is left to do. */
  readonly wholeMs: number;
}

async function timeChange(ring: OperatedRing, replicas: number): Promise<Times> {
  const { epoch } = ring.stored();
  ring.scale(replicas);
  const asked = performance.now();
  await until('the change is stored', PATIENCE_MS, () => ring.stored().phase !== 'stable', LOOK_MS);
  const began = performance.now();
  await until(
    'the ring is stable again',
    PATIENCE_MS,
    () => {
      const stored = ring.stored();
      return stored.phase === 'stable' && stored.epoch > epoch;
    },
    LOOK_MS,
  );
  const moved = performance.now();
  await ring.untilConverged(PATIENCE_MS);
  return { moveMs: moved - began, wholeMs: performance.now() - asked };
}

/** Copies of slots that were gained, beside the newcomer's fair share of all copies. */
function movedBeyondLeast(before: RingDocument, after: RingDocument): number {
  const gained = transfers(before.current, after.current).length;
  const slots = 1 << after.slotBits;
  const copies = Math.min(after.current.replicationFactor, after.current.seats.length) * slots;
  return gained / Math.floor(copies / after.current.seats.length);
}

export const handoff: Section = {
  name: 'handoff',
  title: 'A fourth member joins and leaves, N=3, values of 100 bytes',
  run,
};
