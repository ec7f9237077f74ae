// The gaining side of a ring change (R6, R7): which slots this node must merge, from whom, page by
// page, until each is covered. Resumable: what is covered is marked in the store.
import type { ChangeId, Incarnation, Slot } from '../api/ids.ts';
import type { Key } from '../api/object.ts';
import type { RingDocument } from '../api/ring-document.ts';
import type { Transfer } from '../ring/transfers.ts';
import { transfers } from '../ring/transfers.ts';
import { recordBytes } from '../version/record-bytes.ts';
import { SOURCE_WAIT_TICKS, STREAMS_MAX } from '../limits.ts';
import { holdsSlot } from '../ring/ring.ts';
import { memberOf } from '../membership/document.ts';
import { mergeIn } from './cells.ts';
import { tally } from './counters.ts';
import type { StoreWrite } from './effects.ts';
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

/** Starts or goes on with what the document in force gives; `covered`: slots marked so for this change. */
export function beginGain(r: Replica, covered: ReadonlySet<Slot>): void {
  const document = r.document;
  if (document?.change == null) {
    r.gain = null;
    return;
  }
  if (r.gain?.change === document.change.id) return;
  const jobs = new Map<Slot, GainJob>();
  for (const transfer of jobsOf(document, r.incarnation)) {
    const { slot } = transfer;
    jobs.set(slot, { slot, transfer, done: new Set(), active: null, covered: covered.has(slot) });
  }
  const done = [...jobs.values()].filter((job) => job.covered).length;
  r.gain = {
    change: document.change.id,
    jobs,
    covered: done,
    keys: 0,
    bytes: 0,
    running: 0,
    waitingFor: '',
  };
}

/** Once a tick: the budget grows, and what could not go on is tried again. */
export function tickGain(r: Replica): void {
  r.streamBudget = Math.min(r.streamBytesPerTick, r.streamBudget + r.streamBytesPerTick);
  fillStreams(r);
}

/** Starts as many streams as there is room and budget for. */
function fillStreams(r: Replica): void {
  const { gain, document } = r;
  if (gain === null || document?.phase !== 'write-both' || gain.covered === gain.jobs.size) return;
  gain.waitingFor = '';
  for (const job of gain.jobs.values()) {
    if (gain.running >= STREAMS_MAX || r.streamBudget <= 0) return;
    if (!job.covered && job.active === null) startStream(r, { gain, job, document });
  }
}

interface Stream {
  readonly gain: Gain;
  readonly job: GainJob;
  readonly document: RingDocument;
}

function startStream(r: Replica, stream: Stream): void {
  const { gain, job } = stream;
  const sources = sourcesOf(r, stream);
  const wanted = sources.from.filter((source) => !job.done.has(source));
  if (sources.from.length - wanted.length >= sources.needed) return cover(r, stream);
  const source = wanted.find((peer) => !r.suspicion.isSilent(peer));
  if (source === undefined) {
    const name = memberOf(stream.document, wanted[0]!)?.id ?? wanted[0]!;
    gain.waitingFor = `waits for ${name}, silent, to hand off slot ${job.slot}`;
    return;
  }
  job.active = source;
  gain.running++;
  pull(r, stream, source, null);
}

/** R6: the paired source alone; without one, or when it stays silent, so many others. */
function sourcesOf(
  r: Replica,
  { job, document }: Stream,
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
function dataLossPossible({ job, document }: Stream): boolean {
  const { pair, others, othersNeeded } = job.transfer;
  const lost = (peer: Incarnation): boolean => memberOf(document, peer)?.lost !== false;
  return (
    (pair === null || lost(pair)) && others.filter((peer) => !lost(peer)).length < othersNeeded
  );
}

function pull(r: Replica, stream: Stream, source: Incarnation, after: Key | null): void {
  const { gain, job } = stream;
  const stop = (): void => {
    job.active = null;
    gain.running--;
  };
  const change = stream.document.change!.id;
  ask(
    r,
    source,
    (call) => ({ kind: 'pull', call, change, slot: job.slot, after }),
    (answer) => {
      if (r.gain !== gain || answer?.kind !== 'page') return stop();
      const { records, next } = answer;
      let open = records.length,
        whole = true;
      const merged = (ok: boolean): void => {
        whole &&= ok;
        if (--open > 0) return;
        if (r.gain !== gain || !whole) return stop();
        if (next !== null) return pull(r, stream, source, next);
        job.done.add(source);
        stop();
        startStream(r, stream);
        fillStreams(r);
      };
      gain.keys += records.length;
      tally(r, 'handoff-keys-in', records.length);
      for (const { key, object } of records) {
        const bytes = recordBytes(key, object);
        gain.bytes += bytes;
        tally(r, 'handoff-bytes-in', bytes);
        r.streamBudget -= bytes;
        mergeIn(r, key, object, ({ kind }) => merged(kind === 'merged'));
      }
      if (records.length === 0) {
        open = 1;
        merged(true);
      }
    },
  );
}

/** R7 counts a slot from when its mark is durable. */
function cover(r: Replica, stream: Stream): void {
  const { gain, job } = stream;
  job.active = r.incarnation;
  if (dataLossPossible(stream)) announce(r, { kind: 'data-loss-possible', slots: [job.slot] });
  store(r, [coveredMark(job.slot, gain.change)], () => {
    if (r.gain !== gain) return;
    job.covered = true;
    gain.covered++;
    if (gain.covered === gain.jobs.size) {
      announce(r, {
        kind: 'slots-covered',
        change: gain.change,
        covered: gain.covered,
        needed: gain.jobs.size,
      });
    }
  });
}
