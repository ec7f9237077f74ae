// The gaining side of a ring change (R6, R7): which slots this node must merge, from whom, page by
// page, until each is covered. A page holds many slots where they are small. Resumable: what is
// covered is marked in the store.
import type { PeerAnswer } from '../api/messages.ts';
import type { ChangeId, Incarnation, Slot } from '../api/ids.ts';
import type { Key } from '../api/object.ts';
import type { RingDocument } from '../api/ring-document.ts';
import type { Transfer } from '../ring/transfers.ts';
import { transfers } from '../ring/transfers.ts';
import {
  PAGE_BYTES,
  SOURCE_WAIT_TICKS,
  STREAM_RECORDS,
  STREAM_SLOTS_FIRST,
  STREAM_SLOTS_MAX,
  STREAMS_MAX,
} from '../limits.ts';
import { holdsSlot } from '../ring/ring.ts';
import { memberOf } from '../membership/document.ts';
import { forgetWritten } from './cells.ts';
import type { StoreWrite } from './effects.ts';
import { takeIn } from './intake.ts';
import type { Gain, GainJob, Replica } from './state.ts';
import { announce, ask, enforces, store } from './state.ts';

/** Slots that the change gives this member and that it does not hold before: emptied first (R10). */
export function gainedSlots(document: RingDocument, self: Incarnation): Slot[] {
  const next = document.next;
  if (next === null) return [];
  const jobs = jobsOf(document, self);
  return jobs.map(({ slot }) => slot).filter((slot) => !holdsSlot(document.current, slot, self));
}

function jobsOf(document: RingDocument, self: Incarnation): Transfer[] {
  if (document.next === null) return [];
  return transfers(document.current, document.next).filter((transfer) => transfer.target === self);
}

/** Name of the mark that a slot is covered for a change (R6: progress belongs to the change). */
export function coveredMark(slot: Slot, change: ChangeId | string | null): StoreWrite {
  return { kind: 'mark', name: `covered/${slot}`, value: change };
}

/**
 * Starts or goes on with what the document in force gives. `covered`: slots marked so for this
 * change; `emptied`: slots that were emptied for it just now.
 */
export function beginGain(
  r: Replica,
  { covered, emptied }: { covered: ReadonlySet<Slot>; emptied: ReadonlySet<Slot> },
): void {
  const document = r.document;
  if (document?.change == null) {
    r.gain = null;
    return;
  }
  if (r.gain?.change === document.change.id) return;
  const jobs = new Map<Slot, GainJob>();
  for (const transfer of jobsOf(document, r.incarnation)) {
    const { slot } = transfer;
    jobs.set(slot, {
      slot,
      transfer,
      done: new Set(),
      reached: null,
      covered: covered.has(slot),
      written: emptied.has(slot) ? new Set() : null,
    });
  }
  const open = new Set([...jobs.values()].filter((job) => !job.covered));
  r.gain = {
    change: document.change.id,
    jobs,
    open,
    resting: new Set(),
    covered: jobs.size - open.size,
    keys: 0,
    bytes: 0,
    streamed: 0,
    written: 0,
    running: 0,
    waitingFor: '',
  };
}

/** Once a tick: the budget grows, and what could not go on is tried again. */
export function tickGain(r: Replica): void {
  r.streamBudget = Math.min(r.streamBytesPerTick, r.streamBudget + r.streamBytesPerTick);
  for (const job of r.gain?.resting ?? []) r.gain!.open.add(job);
  r.gain?.resting.clear();
  fillStreams(r);
}

/** Slots asked for together, of one source; one that goes on where a page of it ended is alone. */
interface Stream {
  readonly gain: Gain;
  readonly document: RingDocument;
  readonly source: Incarnation;
  readonly jobs: readonly GainJob[];
}

/** Starts as many streams as there is room and budget for. */
function fillStreams(r: Replica): void {
  const { gain, document } = r;
  if (gain === null || document?.phase !== 'write-both' || gain.open.size === 0) return;
  gain.waitingFor = '';
  const isFull = (): boolean => gain.running >= STREAMS_MAX || r.streamBudget <= 0;
  const slotsMax = slotsAtATime(gain);
  const merged: GainJob[] = [];
  const groups = new Map<Incarnation, GainJob[]>();
  for (const job of gain.open) {
    if (isFull()) break;
    const next = nextSource(r, job, document);
    if (next.kind === 'covered') merged.push(job);
    if (next.kind === 'silent') gain.waitingFor = next.why;
    if (next.kind !== 'source') continue;
    const { source } = next;
    if (goesOn(gain, job, source)) {
      pull(r, { gain, document, source, jobs: [job] });
      continue;
    }
    const jobs = groups.get(source) ?? [];
    groups.set(source, jobs);
    if (jobs.push(job) < slotsMax) continue;
    groups.delete(source);
    pull(r, { gain, document, source, jobs });
  }
  for (const [source, jobs] of groups) if (!isFull()) pull(r, { gain, document, source, jobs });
  if (merged.length > 0) cover(r, gain, document, merged);
}

/** False: the slot is streamed from its start. What another source gave of it is there already. */
function goesOn(gain: Gain, job: GainJob, source: Incarnation): boolean {
  if (job.reached === null || job.reached.source === source) return job.reached !== null;
  job.reached = null;
  forgetWritten(gain, job);
  return false;
}

/** As many slots as should make a page; a few where nothing is known yet. */
function slotsAtATime({ keys, bytes, streamed }: Gain): number {
  if (streamed === 0) return STREAM_SLOTS_FIRST;
  const fitting = Math.min((STREAM_RECORDS * streamed) / keys, (PAGE_BYTES * streamed) / bytes);
  return Math.max(1, Math.min(STREAM_SLOTS_MAX, Math.floor(fitting)));
}

type Next =
  | { readonly kind: 'source'; readonly source: Incarnation }
  /** So many sources as are needed were merged whole. */
  | { readonly kind: 'covered' }
  | { readonly kind: 'silent'; readonly why: string };

const COVERED: Next = { kind: 'covered' };

function nextSource(r: Replica, job: GainJob, document: RingDocument): Next {
  const sources = sourcesOf(r, job, document);
  const wanted = sources.from.filter((source) => !job.done.has(source));
  if (sources.from.length - wanted.length >= sources.needed) return COVERED;
  const source = wanted.find((peer) => !r.suspicion.isSilent(peer));
  if (source !== undefined) return { kind: 'source', source };
  const name = memberOf(document, wanted[0]!)?.id ?? wanted[0]!;
  return { kind: 'silent', why: `waits for ${name}, silent, to hand off slot ${job.slot}` };
}

/** R6: the paired source alone; without one, or when it stays silent, so many others. */
function sourcesOf(
  r: Replica,
  job: GainJob,
  document: RingDocument,
): { from: readonly Incarnation[]; needed: number } {
  const { pair, others, othersNeeded } = job.transfer;
  const alive = (peer: Incarnation): boolean => memberOf(document, peer)?.lost === false;
  if (!enforces(r, 'R6-pairs'))
    return { from: [...others, ...(pair === null ? [] : [pair])].filter(alive), needed: 1 };
  if (pair !== null && alive(pair) && r.suspicion.silentFor(pair, r.tick) < SOURCE_WAIT_TICKS) {
    return { from: [pair], needed: 1 };
  }
  const from = others.filter(alive);
  if (from.length >= othersNeeded) return { from, needed: othersNeeded };
  // Too few others are left: all that are not lost must be merged, and a silent pair is not lost.
  const all = pair !== null && alive(pair) ? [...from, pair] : from;
  return { from: all, needed: all.length };
}

/** Fewer sources remain than a quorum needs: what only the lost ones held is gone. */
function dataLossPossible(job: GainJob, document: RingDocument): boolean {
  const { pair, others, othersNeeded } = job.transfer;
  const lost = (peer: Incarnation): boolean => memberOf(document, peer)?.lost !== false;
  return (
    (pair === null || lost(pair)) && others.filter((peer) => !lost(peer)).length < othersNeeded
  );
}

function pull(r: Replica, stream: Stream): void {
  const { gain, jobs, document, source } = stream;
  gain.running++;
  for (const job of jobs) gain.open.delete(job);
  const change = document.change!.id;
  const slots = jobs.map((job) => job.slot);
  const after = jobs[0]!.reached?.after ?? null;
  ask(
    r,
    source,
    (call) => ({ kind: 'pull', call, change, slots, after }),
    (answer) => {
      if (r.gain === gain && answer?.kind === 'page') take(r, stream, answer);
      else giveUp(stream);
    },
  );
}

/** Tried again with the next tick. */
function giveUp({ gain, jobs }: Stream): void {
  gain.running--;
  for (const job of jobs) gain.resting.add(job);
}

function take(
  r: Replica,
  stream: Stream,
  { records, unfinished }: Extract<PeerAnswer, { kind: 'page' }>,
): void {
  const { gain, jobs, document, source } = stream;
  const left = new Map(unfinished.map(({ slot, after }) => [slot, after]));
  const ended = jobs.filter(({ slot }) => !left.has(slot));
  const covering = ended.filter((job) => {
    const { from, needed } = sourcesOf(r, job, document);
    return from.filter((one) => one === source || job.done.has(one)).length >= needed;
  });
  const marks = covering.map(({ slot }) => coveredMark(slot, gain.change));
  takeIn(r, { gain, jobs, records, source, marks }, (outcome) => {
    if (r.gain !== gain) return;
    if (outcome === 'refused') {
      for (const job of jobs) forgetWritten(gain, job);
      return giveUp(stream);
    }
    gain.running--;
    for (const job of ended) {
      job.done.add(source);
      job.reached = null;
      gain.streamed++;
      forgetWritten(gain, job);
      gain.open.add(job);
    }
    for (const job of jobs) {
      const after = left.get(job.slot);
      if (after !== undefined) goOnLater(stream, job, { after, isStuck: records.length === 0 });
    }
    if (outcome === 'merged-and-marked') nowCovered(r, gain, document, covering);
    fillStreams(r);
  });
}

/** A slot that the page did not end goes on after it; where nothing came at all it waits for a tick. */
function goOnLater(
  { gain, source }: Stream,
  job: GainJob,
  { after, isStuck }: { after: Key | null; isStuck: boolean },
): void {
  if (after !== null) job.reached = { source, after };
  if (after === null && isStuck) gain.resting.add(job);
  else gain.open.add(job);
}

/** R7 counts a slot from when its mark is durable. */
function cover(r: Replica, gain: Gain, document: RingDocument, jobs: readonly GainJob[]): void {
  for (const job of jobs) gain.open.delete(job);
  const marks = jobs.map(({ slot }) => coveredMark(slot, gain.change));
  store(r, marks, () => {
    if (r.gain === gain) nowCovered(r, gain, document, jobs);
  });
}

function nowCovered(
  r: Replica,
  gain: Gain,
  document: RingDocument,
  jobs: readonly GainJob[],
): void {
  const lost = jobs.filter((job) => dataLossPossible(job, document)).map(({ slot }) => slot);
  if (lost.length > 0) announce(r, { kind: 'data-loss-possible', slots: lost });
  for (const job of jobs) {
    job.covered = true;
    gain.open.delete(job);
    gain.covered++;
  }
  if (gain.covered < gain.jobs.size) return;
  const { change, covered } = gain;
  announce(r, { kind: 'slots-covered', change, covered, needed: covered });
}
