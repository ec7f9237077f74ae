// From a client's request to its coordinator: reads and lists are coordinated here, writes by a
// replica that reads ask; a request is never coordinated twice (protocol §1; riak_kv 1046).
import type { Epoch, Incarnation, Slot } from '../api/ids.ts';
import type { ClientRequest, ClientResult, WriteRequest } from '../api/requests.ts';
import type { VersionedObject } from '../api/object.ts';
import type { RingDocument } from '../api/ring-document.ts';
import { defined, unreachable } from '../assert.ts';
import {
  CONDITION_QUEUE_MAX,
  FAIL_FAST_TICKS,
  HAND_OVER_TICKS,
  OPERATIONS_MAX,
} from '../limits.ts';
import { slotSets } from '../membership/document.ts';
import { etagOf } from '../version/siblings.ts';
import { EMPTY_VECTOR } from '../version/vector.ts';
import { fetchDocument } from './adoption.ts';
import { slotOfKey } from './cells.ts';
import { tally } from './counters.ts';
import { failed, nearestFirst, operationTicks, quorumUnavailable, unready } from './quorum.ts';
import { list, quorumObject, read, visible } from './reads.ts';
import { mayCoordinate } from './serve.ts';
import type { Operation, Replica } from './state.ts';
import { ask, emit, isServing } from './state.ts';
import { HANDED_BACK, QuorumWrite } from './writes.ts';
import type { Verdict } from './writes.ts';

/** Serves a request that reached this node; exactly one reply effect follows, in this step or a later one. */
export function serveRequest(r: Replica, request: ClientRequest): void {
  const emitReply = (result: ClientResult): void =>
    emit(r, { kind: 'reply', id: request.id, result });
  const refused = unready(r) ?? overloaded(r) ?? outOfRange(r, request);
  if (refused !== null) return emitReply(refused);
  const reply = owing(r, emitReply);
  switch (request.kind) {
    case 'read':
      return read(r, request, reply);
    case 'list':
      return list(r, request, reply);
    case 'write':
      return new HandOver(r, request, reply).next();
    default:
      return unreachable(request);
  }
}

/** Counts the operation until its answer is given; what lingers behind an answer takes no client's room. */
export function owing<T>(r: Replica, reply: (result: T) => void): (result: T) => void {
  r.owed++;
  return (result) => {
    r.owed--;
    reply(result);
  };
}

function overloaded(r: Replica): ClientResult | null {
  if (r.owed < OPERATIONS_MAX) return null;
  return failed(
    'OVERLOADED',
    `${OPERATIONS_MAX} requests are in flight here; slow down or ask another node`,
  );
}

/** r and w are 1 … N; what is larger can never be met. */
function outOfRange(r: Replica, request: ClientRequest): ClientResult | null {
  if (request.kind === 'list' || request.quorum === null) return null;
  const n = defined(r.document, 'a document').current.replicationFactor;
  if (Number.isInteger(request.quorum) && request.quorum >= 1 && request.quorum <= n) return null;
  return failed('BAD_QUORUM', `a quorum of ${request.quorum} is not within 1 and N=${n}`);
}

/**
 * Hands a write to one replica after the other until one takes it; only a clear refusal lets it go
 * on. Who refuses because it knows a newer ring sends it on to that ring's replicas (R4): a calm
 * ring change is no reason to refuse a client.
 */
class HandOver implements Operation {
  readonly #r: Replica;
  readonly #request: WriteRequest;
  readonly #slot: Slot;
  readonly #reply: (result: ClientResult) => void;
  readonly #startTick: number;
  readonly #deadline: number;
  /** Who refused, and under which epoch: under the next one it is asked again. */
  readonly #refusals = new Map<Incarnation, Epoch>();
  /** Who was last found to know a newer ring than this epoch's. */
  #ahead: { readonly of: Epoch; readonly at: Incarnation } | null = null;

  constructor(r: Replica, request: WriteRequest, reply: (result: ClientResult) => void) {
    this.#r = r;
    this.#request = request;
    this.#slot = slotOfKey(r, request.key);
    this.#reply = reply;
    this.#startTick = r.tick;
    this.#deadline = r.tick + Math.max(operationTicks(r), FAIL_FAST_TICKS);
  }

  /** Asks the next replica; it is the caller's to know that this node is a member. */
  next(): void {
    const [candidate] = this.#candidates();
    if (candidate === undefined || this.#r.tick > this.#deadline) return this.#await();
    this.#r.operations.delete(this);
    const { epoch } = this.#document;
    if (candidate === this.#r.incarnation) this.#coordinateHere(epoch);
    else this.#ask(candidate, epoch);
  }

  get #document(): RingDocument {
    return defined(this.#r.document, 'a document');
  }

  /** Conditions are judged at the first live replica, so that they meet there; other writes at the nearest. */
  #candidates(): readonly Incarnation[] {
    const r = this.#r;
    const { epoch } = this.#document;
    const live = slotSets(this.#document, this.#slot).reads.members.filter(
      (m) =>
        this.#refusals.get(m) !== epoch &&
        (m === r.incarnation ? mayCoordinate(r, this.#slot) : isReachable(r, m)),
    );
    return this.#request.condition.kind === 'any' ? nearestFirst(r, live) : live;
  }

  #coordinateHere(epoch: Epoch): void {
    coordinate(this.#r, this.#request, (verdict) => {
      if (verdict.kind !== 'handed-back') return this.#reply(verdict);
      this.#refusals.set(this.#r.incarnation, epoch);
      this.#goOn();
    });
  }

  #ask(candidate: Incarnation, epoch: Epoch): void {
    const r = this.#r;
    const life = defined(r.lives.get(candidate), 'the life of a reachable peer');
    tally(r, 'writes-handed-over');
    ask(
      r,
      candidate,
      (call) => ({ kind: 'coordinate', call, life, request: this.#request }),
      (answer) => {
        if (answer?.kind === 'coordinated') return this.#reply(answer.result);
        // No word: it may have been coordinated, so it is not handed to another.
        if (answer?.kind !== 'refused') return this.#reply(unknownOutcome('did not answer'));
        this.#refusals.set(candidate, epoch);
        // By this ring the candidate is a replica; where it says that it is none, its own is newer.
        if (answer.code === 'STALE_EPOCH' || answer.code === 'NOT_A_REPLICA') {
          this.#ahead = { of: epoch, at: candidate };
          fetchDocument(r, candidate);
        }
        this.#goOn();
      },
      { ticks: operationTicks(r) + HAND_OVER_TICKS, about: this.#request.id },
    );
  }

  /** Refused without effect: another replica is asked, as long as this node is a member. */
  #goOn(): void {
    const refused = isServing(this.#r) ? null : unready(this.#r);
    if (refused !== null) this.#end(refused);
    else this.next();
  }

  /** A newer ring is on its way: a refusal told of it, or it is being stored and takes the slot from here. */
  get #isBehind(): boolean {
    const { adopting, incarnation } = this.#r;
    if (this.#ahead?.of === this.#document.epoch) return true;
    return (
      adopting !== null && slotSets(this.#document, this.#slot).reads.members.includes(incarnation)
    );
  }

  /** Nobody can be asked now. Right after a start all peers are silent: waits a moment for one. */
  #await(): void {
    const { operations, tick } = this.#r;
    const isRefused = [...this.#refusals.values()].includes(this.#document.epoch);
    const patience = isRefused ? tick : this.#startTick + FAIL_FAST_TICKS;
    if (tick < (this.#isBehind ? this.#deadline : patience)) operations.add(this);
    else if (this.#isBehind || tick > this.#deadline) this.#end(BEHIND);
    else this.#end(noCandidate(this.#r, this.#slot));
  }

  #end(result: ClientResult): void {
    this.#r.operations.delete(this);
    this.#reply(result);
  }

  tick(): void {
    if (this.#ahead?.of === this.#document.epoch) fetchDocument(this.#r, this.#ahead.at);
    this.#goOn();
  }

  replan(): void {
    this.#goOn();
  }
}

const BEHIND = failed(
  'STALE_EPOCH',
  'the ring changed while a replica was sought to coordinate the write; nothing was written',
);

/** Heard of, and known by the life of its process: what is handed over names it (R4). */
function isReachable(r: Replica, member: Incarnation): boolean {
  return !r.suspicion.isSilent(member) && r.lives.has(member);
}

/** What a client is told when nobody can know whether its write was coordinated. */
export function unknownOutcome(why: string): ClientResult {
  const message = `the coordinating replica ${why}`;
  return { kind: 'failed', code: 'TIMEOUT', message, maybeApplied: true };
}

function noCandidate(r: Replica, slot: Slot): ClientResult {
  const { write } = slotSets(defined(r.document, 'a document'), slot).reads;
  return quorumUnavailable('the write', { needed: write, answered: 0, maybeApplied: false });
}

/** Coordinates a write here; conditional ones one at a time per key, on a quorum read. */
export function coordinate(
  r: Replica,
  request: WriteRequest,
  reply: (verdict: Verdict) => void,
): void {
  if (request.condition.kind === 'any') {
    new QuorumWrite(r, request, reply);
    return;
  }
  const name = request.key.text;
  const queue = r.locks.get(name);
  const deadline = r.tick + operationTicks(r);
  const done = (verdict: Verdict): void => {
    unlock(r, name);
    reply(verdict);
  };
  const start = (): void => {
    if (r.tick >= deadline)
      done(failed('TIMEOUT', 'other conditional writes of this key took all the time'));
    // The slot may have gone to others while it waited: conditions are to meet there.
    else if (!mayCoordinate(r, slotOfKey(r, request.key))) done(HANDED_BACK);
    else judge(r, request, done);
  };
  if (queue !== undefined && queue.length >= CONDITION_QUEUE_MAX) {
    reply(
      failed(
        'OVERLOADED',
        `${CONDITION_QUEUE_MAX} conditional writes of this key wait here already`,
      ),
    );
  } else if (queue !== undefined) queue.push(start);
  else {
    r.locks.set(name, []);
    start();
  }
}

function unlock(r: Replica, name: string): void {
  const next = r.locks.get(name)?.shift();
  if (next === undefined) r.locks.delete(name);
  else next();
}

function judge(r: Replica, request: WriteRequest, done: (verdict: Verdict) => void): void {
  quorumObject(
    r,
    { id: request.id, key: request.key, quorum: null },
    (object) => {
      const refused = conditionFails(r, request, object);
      if (refused !== null) return done(refused);
      new QuorumWrite(r, { ...request, context: object?.context ?? EMPTY_VECTOR }, done);
    },
    done,
  );
}

function conditionFails(
  r: Replica,
  request: WriteRequest,
  object: VersionedObject | null,
): ClientResult | null {
  const { condition } = request;
  const exists = object !== null && visible(r, object).length > 0;
  switch (condition.kind) {
    case 'any':
      return null;
    case 'absent':
      return exists ? failed('ALREADY_EXISTS', 'the key holds a value already') : null;
    case 'matches':
      if (exists && (condition.etags.includes('*') || condition.etags.includes(etagOf(object))))
        return null;
      return failed(
        'PRECONDITION_FAILED',
        exists ? `the key's etag is ${etagOf(object)}` : 'the key holds no value',
      );
    default:
      return unreachable(condition);
  }
}
