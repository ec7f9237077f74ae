// The one mutable state of a node, and the few ways in which its parts act: send, ask, store, scan.
// Only step (replica.ts) hands it out, and only for the time of one input.
import type {
  CallId,
  Envelope,
  Life,
  PeerAnswer,
  PeerMessage,
  PeerQuestion,
} from '../api/messages.ts';
import type { Epoch, Incarnation, NodeId, RequestId, Slot } from '../api/ids.ts';
import type { Actor, Key, VersionedObject } from '../api/object.ts';
import type { RingDocument } from '../api/ring-document.ts';
import { QUESTION_TICKS } from '../limits.ts';
import { documentHash, memberOf } from '../membership/document.ts';
import type { Suspicion } from '../membership/suspicion.ts';
import type { Transfer } from '../ring/transfers.ts';
import type { Rng } from '../rng.ts';
import type { Counts } from './counters.ts';
import type { Effect, Input, ReplicaEvent, StoreWrite, Ticket } from './effects.ts';
import type { Rule } from './rules.ts';

/** A key whose object is being read or written: the one place where its newest object is known. */
export interface Cell {
  readonly key: Key;
  object: VersionedObject | null;
  /** `dead`: its slot was erased meanwhile; nothing may be built on it. */
  state: 'loading' | 'ready' | 'corrupt' | 'dead';
  waiting: ((cell: Cell) => void)[];
  /** Stores issued and not yet durable. */
  stores: number;
}

/** Digest tree of one slot; `scan` while it is computed from the store for the first time. */
export interface SlotDigest {
  leaves: Uint32Array;
  scan: DigestScan | null;
  /** False: it surely holds no tombstone and nothing that expires. */
  mayHoldTombstones: boolean;
}

export interface DigestScan {
  /** Everything up to and with this key is counted in the leaves. */
  after: Key | null;
  /** Written while the page under way was read: what holds instead of the page's word. */
  readonly dirty: Map<string, { readonly key: Key; readonly object: VersionedObject | null }>;
  readonly waiting: (() => void)[];
}

/** A question under way. `answered` is called once; null: no answer will come. */
export interface Call {
  readonly to: Incarnation;
  readonly deadlineTick: number;
  readonly answered: (answer: PeerAnswer | null) => void;
}

/** A client's operation under way: planned again whenever a new document is in force. */
export interface Operation {
  tick(): void;
  replan(): void;
  /** This node's own record of the key was damaged and replaced by what others hold. */
  copyLost?(key: Key): void;
}

/** R13. `counter` was used last; `lease` may be used; `ready`: term and lease are durable. */
export interface ActorState {
  term: number;
  counter: number;
  lease: number;
  ready: boolean;
  extending: boolean;
  readonly waiting: (() => void)[];
}

export interface HintCount {
  items: number;
  bytes: number;
  /** Of these, kept since the visit under way began, or the last one. */
  keptItems: number;
  keptBytes: number;
  /** Hybrid clock in ms of the oldest, as far as known. */
  sinceMs: number;
  /** Keys whose hint was written since the page under way was read: their delivery drops nothing. */
  readonly rewritten: Set<string>;
  visiting: boolean;
  /** Not visited before this tick. */
  visitTick: number;
}

/** Leaves of a slot that differed at a comparison; `lasts`: nothing in them had moved since the one before. */
export interface Mismatch {
  readonly own: Uint32Array;
  readonly theirs: Uint32Array;
  readonly lasts: boolean;
}

/** One slot that this node gains: which sources it has merged whole (R6). */
export interface GainJob {
  readonly slot: Slot;
  readonly transfer: Transfer;
  readonly done: Set<Incarnation>;
  /** How far the stream of the source under way was merged; null: nothing of it yet. */
  reached: { readonly source: Incarnation; readonly after: Key } | null;
  covered: boolean;
  /**
   * Keys that writes brought here since the slot was emptied: whatever else its one stream brings is
   * new. null: more may be there, and everything is merged.
   */
  written: Set<string> | null;
}

export interface Gain {
  readonly change: string;
  readonly jobs: ReadonlyMap<Slot, GainJob>;
  /** Neither covered nor asked for just now. */
  readonly open: Set<GainJob>;
  /** Could not go on: open again with the next tick. */
  readonly resting: Set<GainJob>;
  covered: number;
  keys: number;
  bytes: number;
  /** Slots that were streamed to their end: how many records a slot has is known from them. */
  streamed: number;
  /** Keys in all jobs' `written`. */
  written: number;
  running: number;
  waitingFor: string;
}

/** Slots whose records are still to be read back before a change may end (R7, R9). */
export interface ReadBack {
  readonly change: string;
  readonly slots: Set<Slot>;
  /** Of these, whose pages are being read now. */
  readonly reading: Set<Slot>;
}

export interface Replica {
  readonly id: NodeId;
  readonly incarnation: Incarnation;
  readonly life: Life;
  readonly rng: Rng;
  readonly without: ReadonlySet<Rule>;
  /** Bytes that streams may pull per tick; Infinity: unlimited. */
  readonly streamBytesPerTick: number;
  readonly counts: Counts;
  effects: Effect[];
  nowMs: number;
  tick: number;
  clock: number;
  /** What peers' clocks showed (ms) when they were last heard. */
  readonly peerClocks: Map<Incarnation, { readonly ms: number; readonly tick: number }>;
  /** The process lives of peers, as they last said (R4). */
  readonly lives: Map<Incarnation, Life>;
  document: RingDocument | null;
  hash: string;
  /** Being stored; in force once durable. */
  adopting: RingDocument | null;
  /** Newest document met while another one was being stored. */
  queued: RingDocument | null;
  split: boolean;
  halted: boolean;
  draining: boolean;
  drained: boolean;
  diskFull: boolean;
  diskFreeBytes: number;
  actor: ActorState;
  /** slot → epoch that last altered its sets, as far as known (R4). */
  altered: Float64Array;
  readonly suspicion: Suspicion;
  fetchTick: number;
  nextCall: CallId;
  readonly calls: Map<CallId, Call>;
  nextTicket: Ticket;
  readonly waiting: Map<Ticket, (input: Input) => void>;
  /** Stores under way, oldest first, with who waits for each. */
  readonly stores: Map<Ticket, (() => void)[]>;
  newestStore: Ticket;
  readonly cells: Map<string, Cell>;
  readonly digests: Map<Slot, SlotDigest>;
  readonly operations: Set<Operation>;
  /** Keys whose conditional writes wait for one another. */
  readonly locks: Map<string, (() => void)[]>;
  /**
   * Keys whose record failed its checksum, to be healed by step; those under way in `healing`, those
   * that wait for another try in `unhealed`. Never in both.
   */
  corrupt: Key[];
  readonly healing: Set<string>;
  readonly unhealed: Map<string, Key>;
  /** Tombstones that this process may collect one day, and since when it has seen exactly them. */
  readonly tombstones: Map<
    string,
    { readonly high: number; readonly low: number; readonly tick: number }
  >;
  /** Client operations whose answer is still owed. */
  owed: number;
  /** sloppy mode: hints being merged with what is kept for the same target and key. */
  readonly holding: Map<string, { object: VersionedObject | null; sinceMs: number; users: number }>;
  /** Hand-overs taken, by asker and call → tick: a frame that comes twice is not coordinated twice. */
  readonly takenOver: Map<string, number>;
  /** Messages that wait for a newer document, and until when. */
  deferred: { readonly envelope: Envelope; readonly untilTick: number }[];
  /** Deferred messages whose document is in force now; step works them off. */
  redo: Envelope[];
  readonly hints: Map<Incarnation, HintCount>;
  gain: Gain | null;
  readBack: ReadBack | null;
  streamBudget: number;
  /** Slots lost and not yet cleaned up → epoch of the document that took them (R8). */
  readonly unclean: Map<Slot, Epoch>;
  readonly cleaning: Set<Slot>;
  /** By peer: slots that differed at the last comparison with it. */
  readonly mismatches: Map<Incarnation, Map<Slot, Mismatch>>;
  compareCursor: Slot;
  collectCursor: Slot;
  comparing: boolean;
  collecting: boolean;
}

/** The protocol's rule holds, unless a simulation switched it off. */
export function enforces(r: Replica, rule: Rule): boolean {
  return !r.without.has(rule);
}

export function emit(r: Replica, effect: Effect): void {
  r.effects.push(effect);
}

export function announce(r: Replica, event: ReplicaEvent): void {
  r.effects.push({ kind: 'event', event });
}

/** Named by the document in force and allowed to answer replica requests (I5). */
export function isServing(r: Replica): boolean {
  return (
    r.document !== null &&
    !r.split &&
    !r.halted &&
    memberOf(r.document, r.incarnation) !== undefined
  );
}

/** This process may not go on (R9). */
export function halt(r: Replica, reason: string): void {
  if (r.halted) return;
  r.halted = true;
  emit(r, { kind: 'halt', reason });
}

export function send(
  r: Replica,
  to: Incarnation,
  body: PeerMessage,
  about: RequestId | null = null,
): void {
  r.effects.push({
    kind: 'send',
    envelope: {
      from: r.incarnation,
      to,
      epoch: (r.document?.epoch ?? 0) as Epoch,
      documentHash: r.hash,
      clock: r.clock,
      body,
      about,
    },
  });
}

interface Errand {
  /** Patience; default: QUESTION_TICKS. */
  readonly ticks?: number;
  /** The client's request that asks it. */
  readonly about?: RequestId | null;
}

/** Asks a peer; the answer, or null when the connection breaks or patience ends, comes once. */
export function ask(
  r: Replica,
  to: Incarnation,
  question: (call: CallId) => PeerQuestion,
  answered: (answer: PeerAnswer | null) => void,
  { ticks = QUESTION_TICKS, about = null }: Errand = {},
): void {
  const call = r.nextCall++;
  r.calls.set(call, { to, deadlineTick: r.tick + ticks, answered });
  send(r, to, question(call), about);
}

/** Applies writes together; `durable` is called once they survive a loss of power. */
export function store(r: Replica, writes: readonly StoreWrite[], durable: () => void): void {
  const ticket = r.nextTicket++;
  r.stores.set(ticket, [durable]);
  r.newestStore = ticket;
  emit(r, { kind: 'store', ticket, writes });
}

/** Calls `then` once everything stored so far is durable: what is vouched for must be (R2). */
export function whenDurable(r: Replica, then: () => void): void {
  const newest = enforces(r, 'R2-durable') ? r.stores.get(r.newestStore) : undefined;
  if (newest === undefined) then();
  else newest.push(then);
}

export function actorName(incarnation: Incarnation, term: number): Actor {
  return `${incarnation}.${term}`;
}

/** hash of the document in force; set together with it. */
export function hashOf(document: RingDocument | null): string {
  return document === null ? '' : documentHash(document);
}

/** A scan's answer, as `scanSlot` hands it on. */
export type Scanned = Extract<Input, { kind: 'scanned' }>;

export interface SlotRange {
  readonly slot: Slot;
  readonly after: Key | null;
  readonly until: Key | null;
  readonly limit: number;
  readonly bytesMax: number;
}

/** Reads one page of a slot from the store. */
export function scanSlot(r: Replica, range: SlotRange, scanned: (page: Scanned) => void): void {
  const ticket = r.nextTicket++;
  r.waiting.set(ticket, (input) => {
    if (input.kind === 'scanned') scanned(input);
  });
  emit(r, { kind: 'scan', ticket, ...range });
}
