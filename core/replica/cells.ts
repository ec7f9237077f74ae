// One key at a time: whoever reads, merges or writes a key goes through its cell, so that every
// object is built on the newest one, also on what is still being synced (R14).
import type { Slot } from '../api/ids.ts';
import type { Key, Vector, VersionedObject } from '../api/object.ts';
import { assert, defined } from '../assert.ts';
import type { ErrorCode } from '../errors.ts';
import { WRITTEN_KEYS_MAX } from '../limits.ts';
import { slotSets } from '../membership/document.ts';
import { slotOf } from '../ring/hash.ts';
import { mergeObjects } from '../version/siblings.ts';
import { covers } from '../version/vector.ts';
import { digestChanged, forgetDigest } from './digests.ts';
import type { Loaded } from './effects.ts';
import type { Cell, Gain, GainJob, Replica } from './state.ts';
import { actorName, emit, enforces, halt, store, whenDurable } from './state.ts';

export function slotOfKey(r: Replica, key: Key): Slot {
  return slotOf(key, defined(r.document, 'a document while keys are served').slotBits);
}

/** True where this node holds the slot now and will after the document that it is about to adopt. */
export function holds(r: Replica, slot: Slot): boolean {
  return [r.document, r.adopting].every(
    (document) => document === null || slotSets(document, slot).everyone.includes(r.incarnation),
  );
}

/** Reads the newest object of a key; `corrupt` is a lost replica of it, never "not found" (R9). */
export function readObject(r: Replica, key: Key, use: (object: Loaded) => void): void {
  const cell = r.cells.get(key.text);
  if (cell !== undefined) {
    if (cell.state === 'loading') cell.waiting.push((loaded) => use(objectOf(loaded)));
    else use(objectOf(cell));
    return;
  }
  const ticket = r.nextTicket++;
  r.waiting.set(ticket, (input) => {
    if (input.kind !== 'loaded') return;
    const newer = r.cells.get(key.text);
    if (input.object === 'corrupt') r.corrupt.push(key);
    use(newer === undefined || newer.state === 'loading' ? input.object : objectOf(newer));
  });
  emit(r, { kind: 'load', ticket, key });
}

function objectOf(cell: Cell): Loaded {
  return cell.state === 'corrupt' || cell.state === 'dead' ? 'corrupt' : cell.object;
}

/** Calls `use` with the key's cell, loaded, in the order of the calls. */
export function withCell(r: Replica, key: Key, use: (cell: Cell) => void): void {
  const known = r.cells.get(key.text);
  if (known !== undefined) {
    if (known.state === 'loading') known.waiting.push(use);
    else run(r, known, use);
    return;
  }
  const cell: Cell = { key, object: null, state: 'loading', waiting: [use], stores: 0 };
  r.cells.set(key.text, cell);
  const ticket = r.nextTicket++;
  r.waiting.set(ticket, (input) => {
    if (input.kind === 'loaded') loaded(r, cell, input.object);
  });
  emit(r, { kind: 'load', ticket, key });
}

function loaded(r: Replica, cell: Cell, object: Loaded): void {
  if (cell.state !== 'dead') {
    cell.state = object === 'corrupt' ? 'corrupt' : 'ready';
    if (object === 'corrupt') {
      r.corrupt.push(cell.key);
    } else cell.object = object;
  }
  const waiting = cell.waiting;
  cell.waiting = [];
  for (const use of waiting) use(cell);
  release(r, cell);
}

function run(r: Replica, cell: Cell, use: (cell: Cell) => void): void {
  use(cell);
  release(r, cell);
}

function release(r: Replica, cell: Cell): void {
  if (cell.stores === 0 && cell.state !== 'loading' && r.cells.get(cell.key.text) === cell) {
    r.cells.delete(cell.key.text);
  }
}

/** Makes this the key's object (null: none); `durable` is called once it survives a loss of power. */
export function setObject(
  r: Replica,
  cell: Cell,
  object: VersionedObject | null,
  durable: () => void,
): void {
  assert(cell.state === 'ready', `set an object on a ${cell.state} cell`);
  const slot = slotOfKey(r, cell.key);
  digestChanged(r, slot, cell.key, cell.object, object);
  noteWritten(r, slot, cell.key);
  cell.object = object;
  cell.stores++;
  const acknowledge = enforces(r, 'R2-durable');
  store(r, [{ kind: 'record', key: cell.key, object }], () => {
    cell.stores--;
    release(r, cell);
    if (acknowledge) durable();
  });
  if (!acknowledge) durable();
}

/** A stream that comes to this key merges it with what is here now. */
export function noteWritten({ gain }: Replica, slot: Slot, key: Key): void {
  const job = gain?.jobs.get(slot);
  if (gain === null || job === undefined || job.written === null) return;
  if (gain.written < WRITTEN_KEYS_MAX) {
    gain.written -= job.written.size;
    job.written.add(key.text);
    gain.written += job.written.size;
  } else forgetWritten(gain, job);
}

/** From now on all that comes to the slot is merged. */
export function forgetWritten(gain: Gain, job: GainJob): void {
  gain.written -= job.written?.size ?? 0;
  job.written = null;
}

/** What became of a merge; `report`: this replica's context before, where the object did not cover it. */
export type Merged =
  | { readonly kind: 'merged'; readonly report: Vector | null }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

/**
 * Merges an object that a peer sent; `done` comes once the result is durable, also when nothing changed
 * (R2). `refusal` is asked at the moment of merging: an epoch that came while the key was loaded
 * counts (R4), or a stream's snapshot taken meanwhile would miss this write.
 */
export function mergeIn(
  r: Replica,
  key: Key,
  object: VersionedObject,
  done: (merged: Merged) => void,
  refusal: (own: VersionedObject | null) => ErrorCode | null = () => null,
): void {
  withCell(r, key, (cell) => {
    // Lost while the key was loaded: nothing may be left behind in a slot that is cleaned up.
    const code =
      cell.state !== 'ready'
        ? 'CORRUPT_RECORD'
        : holds(r, slotOfKey(r, key))
          ? refusal(cell.object)
          : 'NOT_A_REPLICA';
    if (code !== null) return done({ kind: 'refused', code });
    const own = cell.object;
    if (provesRollback(r, object.context)) return;
    const report = own === null || covers(object.context, own.context) ? null : own.context;
    const merged = mergeObjects(own, object);
    const acknowledge = (): void => done({ kind: 'merged', report });
    if (merged === own) whenDurable(r, acknowledge);
    else setObject(r, cell, merged, acknowledge);
  });
}

/** R9: a peer has seen a term or a counter of ours that we have not: this store was rolled back. */
export function provesRollback(r: Replica, { actors, counters }: Vector): boolean {
  if (!enforces(r, 'R9')) return false;
  for (let i = 0; i < actors.length; i++) {
    const actor = actors[i]!;
    if (!actor.startsWith(r.incarnation)) continue;
    const term = Number(actor.slice(r.incarnation.length + 1));
    if (term < r.actor.term) continue;
    if (term === r.actor.term && counters[i]! <= r.actor.counter) continue;
    halt(
      r,
      `a peer has seen ${actor} at ${counters[i]!}, this store is at ` +
        `${actorName(r.incarnation, r.actor.term)} ${r.actor.counter}: it was rolled back`,
    );
    return true;
  }
  return false;
}

/** The slots' records are gone from the store; nothing may be built on what was read of them. */
export function forgetSlots(r: Replica, slots: ReadonlySet<Slot>): void {
  for (const cell of r.cells.values()) {
    if (!slots.has(slotOfKey(r, cell.key))) continue;
    cell.state = 'dead';
    r.cells.delete(cell.key.text);
  }
  for (const slot of slots) forgetDigest(r, slot, 'empty');
}
