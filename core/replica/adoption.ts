// How a node takes a new ring document: stored before it is acknowledged (protocol §2), everything
// in flight planned again under it (R5), slots gained emptied first (R10), slots lost noted (R8).
import type { Epoch, Incarnation, Slot } from '../api/ids.ts';
import type { RingDocument } from '../api/ring-document.ts';
import { DEFERRED_MAX, HEDGE_TICKS, QUESTION_TICKS } from '../limits.ts';
import {
  checkDocument,
  documentHash,
  isNewer,
  setsDiffer,
  slotSets,
} from '../membership/document.ts';
import { leaseIsDurable, nextTerm } from './actor.ts';
import { forgetSlots, holds } from './cells.ts';
import type { Envelope } from '../api/messages.ts';
import type { StoreWrite } from './effects.ts';
import { beginGain, coveredMark, gainedSlots } from './gain.ts';
import { beginReadBack } from './read-back.ts';
import type { Replica } from './state.ts';
import { announce, emit, enforces, hashOf, halt, isServing, send, store } from './state.ts';

/** Slots of one document compared with those of the one before, as this node sees them. */
interface Turn {
  /** Gained by a change that this node has not begun yet: emptied first (R10). */
  readonly gained: ReadonlySet<Slot>;
  /** Held only as a gain of an aborted change: dropped. */
  readonly dropped: ReadonlySet<Slot>;
  /** Held for good and lost: cleaned up once the full barrier holds (R8). */
  readonly lost: ReadonlySet<Slot>;
}

/** Takes a document from the operator, a peer or the store, if it is newer than the one in force. */
export function consider(r: Replica, document: RingDocument): void {
  const held = r.document;
  if (held !== null && held.clusterId !== document.clusterId) return;
  if (r.adopting !== null) {
    if (isNewer(document, r.queued ?? r.adopting)) r.queued = document;
    return;
  }
  if (held !== null && document.epoch === held.epoch && documentHash(document) !== r.hash) {
    return splitRing(r, r.incarnation);
  }
  if (!isNewer(document, held) || checkDocument(document).length > 0) return;
  if (held !== null && document.epoch === held.epoch) return takeProgress(r, document);
  begin(r, document);
}

/** Two documents of one epoch (I2): nobody may go on. */
export function splitRing(r: Replica, peer: Incarnation): void {
  if (r.split) return;
  r.split = true;
  announce(r, { kind: 'split-ring', peer, epoch: r.document?.epoch ?? 0 });
}

/** Same epoch, same hash, more progress: nothing that an operation was planned on changes. */
function takeProgress(r: Replica, document: RingDocument): void {
  r.document = document;
  store(r, [{ kind: 'document', document }], () => emit(r, { kind: 'adopted', document }));
}

function begin(r: Replica, document: RingDocument): void {
  const turn = compare(r, document);
  if (r.halted) return;
  r.adopting = document;
  const writes: StoreWrite[] = [];
  for (const slot of [...turn.gained, ...turn.dropped]) {
    // Before its first document a store holds no records.
    if (r.document !== null) writes.push({ kind: 'erase-slot', slot });
    if (r.unclean.delete(slot)) writes.push(uncleanMark(slot, null));
  }
  forgetSlots(r, new Set([...turn.gained, ...turn.dropped]));
  for (const slot of turn.lost) {
    r.unclean.set(slot, document.epoch);
    writes.push(uncleanMark(slot, document.epoch));
  }
  if (r.gain !== null && r.gain.change !== document.change?.id) {
    for (const job of r.gain.jobs.values())
      if (job.covered) writes.push(coveredMark(job.slot, null));
  }
  // R13: what is emptied forgets this actor's own dots, so that the next dot needs a new name.
  const term = turn.gained.size > 0 && r.document !== null ? nextTerm(r) : null;
  if (term !== null) writes.push(term);
  const actor = r.actor;
  writes.push({ kind: 'document', document });
  store(r, writes, () => {
    if (term !== null) leaseIsDurable(r, actor);
    adopted(r, document, turn.gained);
  });
}

function compare(r: Replica, document: RingDocument): Turn {
  const held = r.document;
  const self = r.incarnation;
  const fresh = document.phase === 'write-both' && document.change?.id !== held?.change?.id;
  const gained = new Set(fresh ? gainedSlots(document, self) : []);
  const dropped = new Set<Slot>();
  const lost = new Set<Slot>();
  for (let slot = 0; slot < 1 << document.slotBits; slot++) {
    const has = slotSets(document, slot).everyone.includes(self);
    const had = held !== null && slotSets(held, slot).everyone.includes(self);
    if (has && !had && !gained.has(slot)) receivedUnasked(r, document, slot, gained);
    if (!had || has) continue;
    const onlyGained = held.phase === 'write-both' && !inCurrent(held, slot, self);
    (onlyGained ? dropped : lost).add(slot);
  }
  return { gained, dropped, lost };
}

/** The first document gives empty slots to fresh members. Later only a change gives slots, and is seen to begin. */
function receivedUnasked(r: Replica, document: RingDocument, slot: Slot, gained: Set<Slot>): void {
  if (r.document === null && document.phase === 'stable') gained.add(slot);
  else if (enforces(r, 'R9'))
    halt(r, `epoch ${document.epoch} gives slot ${slot}, which was never received`);
}

function inCurrent(document: RingDocument, slot: Slot, self: Incarnation): boolean {
  const sets = slotSets(document, slot);
  return sets.writes[0]!.members.includes(self);
}

/** Name of the mark that a slot was lost and is not cleaned up; its value is the epoch that took it. */
export function uncleanMark(slot: Slot, since: Epoch | null): StoreWrite {
  return { kind: 'mark', name: `unclean/${slot}`, value: since === null ? null : String(since) };
}

/** The document is durable: from here on it is what this node plans by. */
function adopted(r: Replica, document: RingDocument, emptied: ReadonlySet<Slot>): void {
  const before = r.document;
  r.document = document;
  r.hash = hashOf(document);
  r.adopting = null;
  r.altered = alteredBy(r, before, document);
  watchMembers(r);
  greetMembers(r);
  beginGain(r, { covered: new Set(), emptied });
  beginReadBack(r);
  r.mismatches.clear();
  emit(r, { kind: 'adopted', document });
  for (const operation of [...r.operations]) operation.replan();
  r.redo.push(...r.deferred.splice(0).map(({ envelope }) => envelope));
  const queued = r.queued;
  r.queued = null;
  if (queued !== null) consider(r, queued);
}

export function watchMembers(r: Replica): void {
  const peers = r.document?.members.filter((m) => !m.lost && m.incarnation !== r.incarnation) ?? [];
  const watched = new Set(peers.map((member) => member.incarnation));
  r.suspicion.watch(watched, r.tick);
  for (const peer of r.peerClocks.keys()) if (!watched.has(peer)) r.peerClocks.delete(peer);
  for (const peer of r.lives.keys()) if (!watched.has(peer)) r.lives.delete(peer);
}

/** Tells all members that this node lives, and at which epoch it stands. */
export function greetMembers(r: Replica): void {
  for (const member of r.document?.members ?? []) {
    if (member.incarnation !== r.incarnation && !member.lost) greet(r, member.incarnation);
  }
}

export function greet(r: Replica, peer: Incarnation): void {
  send(r, peer, { kind: 'heartbeat', life: r.life });
}

/** R4: for each slot the last epoch that altered its sets. What happened in epochs not seen is unknown: all. */
function alteredBy(r: Replica, before: RingDocument | null, after: RingDocument): Float64Array {
  const slots = 1 << after.slotBits;
  if (before === null || before.epoch + 1 !== after.epoch || r.altered.length !== slots) {
    return new Float64Array(slots).fill(after.epoch);
  }
  const altered = r.altered.slice();
  for (let slot = 0; slot < slots; slot++) {
    if (setsDiffer(slotSets(before, slot), slotSets(after, slot))) altered[slot] = after.epoch;
  }
  return altered;
}

/** The side that is behind fetches the document before it goes on; the message waits. */
export function defer(r: Replica, envelope: Envelope): void {
  if (r.deferred.length < DEFERRED_MAX)
    r.deferred.push({ envelope, untilTick: r.tick + QUESTION_TICKS });
  fetchDocument(r, envelope.from);
}

/** Asks for a newer document, not more than once in a while. */
export function fetchDocument(r: Replica, from: Incarnation): void {
  if (r.adopting !== null || r.tick < r.fetchTick) return;
  r.fetchTick = r.tick + HEDGE_TICKS;
  send(r, from, { kind: 'fetch-document' });
}

/** Why a question about a slot, planned under `epoch`, may not be acted upon; null: it may (R4, I5). */
export function refusal(
  r: Replica,
  slot: Slot,
  epoch: Epoch,
): 'NOT_A_REPLICA' | 'STALE_EPOCH' | null {
  if (r.document === null || !isServing(r) || slot >= r.altered.length) return 'NOT_A_REPLICA';
  if (enforces(r, 'R4') && epoch < r.altered[slot]!) return 'STALE_EPOCH';
  return holds(r, slot) ? null : 'NOT_A_REPLICA';
}
