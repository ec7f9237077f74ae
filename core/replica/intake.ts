// Takes in one page of a stream (R6): what is new goes to the store as it is, all of it in one write
// with the marks of the slots that it covers; what may be there already is merged key by key.
import type { KeyRecord } from '../api/object.ts';
import type { Incarnation, Slot } from '../api/ids.ts';
import { recordBytes } from '../version/record-bytes.ts';
import { holds, mergeIn, provesRollback, slotOfKey } from './cells.ts';
import { tallyHandoff } from './counters.ts';
import { digestChanged } from './digests.ts';
import type { StoreWrite } from './effects.ts';
import type { Gain, GainJob, Replica } from './state.ts';
import { store } from './state.ts';

export interface Arrival {
  readonly gain: Gain;
  /** The slots that were asked for. */
  readonly jobs: readonly GainJob[];
  readonly records: readonly KeyRecord[];
  /** Whom they come from. */
  readonly source: Incarnation;
  /** Stored together with the records, or not at all. */
  readonly marks: readonly StoreWrite[];
}

/** `merged`: all of the page is durable, but the marks are still to be stored. */
export type Outcome = 'merged-and-marked' | 'merged' | 'refused';

/** Merges the page; `done` once all that it brought is durable. */
export function takeIn(r: Replica, arrival: Arrival, done: (outcome: Outcome) => void): void {
  const { jobs, records, marks } = arrival;
  // Lost while the page was under way: nothing may be left behind in a slot that is cleaned up.
  if (!jobs.every(({ slot }) => holds(r, slot))) return done('refused');
  count(r, arrival);
  const asked = new Map<Slot, GainJob>(jobs.map((job) => [job.slot, job]));
  const writes: StoreWrite[] = [];
  const others: KeyRecord[] = [];
  for (const record of records) {
    const { key, object } = record;
    const slot = slotOfKey(r, key);
    if (!isNew(r, asked.get(slot), record)) {
      others.push(record);
      continue;
    }
    if (provesRollback(r, object.context)) return;
    digestChanged(r, slot, key, null, object);
    writes.push({ kind: 'record', key, object, isNew: true });
  }
  const marked = others.length === 0;
  let open = others.length + 1;
  let refused = false;
  const durable = (): void => {
    if (--open === 0) done(refused ? 'refused' : marked ? 'merged-and-marked' : 'merged');
  };
  for (const { key, object } of others) {
    mergeIn(r, key, object, ({ kind }) => {
      refused ||= kind === 'refused';
      durable();
    });
  }
  store(r, marked ? [...writes, ...marks] : writes, durable);
}

/** Nothing of the key is here, nor is anybody about to put something here who saw that (R14). */
function isNew(r: Replica, job: GainJob | undefined, { key }: KeyRecord): boolean {
  return job?.written?.has(key.text) === false && !r.cells.has(key.text);
}

function count(r: Replica, { gain, records, source }: Arrival): void {
  let bytes = 0;
  for (const { key, object } of records) bytes += recordBytes(key, object);
  gain.keys += records.length;
  gain.bytes += bytes;
  r.streamBudget -= bytes;
  tallyHandoff(r, 'in', { peer: source, keys: records.length, bytes });
}
