// From a client's request to its coordinator: reads and lists are coordinated here, writes by a
// replica that reads ask; a request is never coordinated twice (protocol §1; riak_kv 1046).
import type { Incarnation, Slot } from '../api/ids.ts';
import type { ClientRequest, ClientResult, WriteRequest } from '../api/requests.ts';
import type { VersionedObject } from '../api/object.ts';
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
import { failed, nearestFirst, operationTicks, quorumUnavailable, unready } from './quorum.ts';
import { list, quorumObject, read, visible } from './reads.ts';
import { mayCoordinate } from './serve.ts';
import type { Operation, Replica } from './state.ts';
import { ask, emit, isServing } from './state.ts';
import { QuorumWrite } from './writes.ts';

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
      return write(r, request, reply);
    default:
      return unreachable(request);
  }
}

/** Counts the operation until its answer is given; what lingers behind an answer takes no client's room. */
export function owing(
  r: Replica,
  reply: (result: ClientResult) => void,
): (result: ClientResult) => void {
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

/** Conditions are judged at the first live replica, so that they meet there; other writes at the nearest. */
function write(r: Replica, request: WriteRequest, reply: (result: ClientResult) => void): void {
  const slot = slotOfKey(r, request.key);
  const candidatesNow = (): readonly Incarnation[] => {
    const { members } = slotSets(defined(r.document, 'a document'), slot).reads;
    const live = members.filter((m) => m === r.incarnation || isReachable(r, m));
    return request.condition.kind === 'any' ? nearestFirst(r, live) : live;
  };
  const candidates = candidatesNow();
  if (candidates.length > 0) handOver(r, request, { slot, candidates }, reply);
  else
    new PatientHandOver(
      r,
      () => {
        const found = candidatesNow();
        if (found.length > 0) handOver(r, request, { slot, candidates: found }, reply);
        return found.length > 0;
      },
      () => reply(noCandidate(r, slot)),
    );
}

/** Heard of, and known by the life of its process: what is handed over names it (R4). */
function isReachable(r: Replica, member: Incarnation): boolean {
  return !r.suspicion.isSilent(member) && r.lives.has(member);
}

function noCandidate(r: Replica, slot: Slot): ClientResult {
  const { write } = slotSets(defined(r.document, 'a document'), slot).reads;
  return quorumUnavailable('the write', { needed: write, answered: 0, maybeApplied: false });
}

/** Right after a start all peers are silent: waits a moment for one that can take the write. */
class PatientHandOver implements Operation {
  readonly #r: Replica;
  readonly #attempt: () => boolean;
  readonly #giveUp: () => void;
  readonly #untilTick: number;

  constructor(r: Replica, attempt: () => boolean, giveUp: () => void) {
    this.#r = r;
    this.#attempt = attempt;
    this.#giveUp = giveUp;
    this.#untilTick = r.tick + FAIL_FAST_TICKS;
    r.operations.add(this);
  }

  tick(): void {
    const done = isServing(this.#r) && this.#attempt();
    if (!done && this.#r.tick < this.#untilTick) return;
    this.#r.operations.delete(this);
    if (!done) this.#giveUp();
  }

  replan(): void {
    this.tick();
  }
}

/** Hands the request to the candidates in turn until one takes it; only a clear refusal lets it go on. */
function handOver(
  r: Replica,
  request: WriteRequest,
  to: { readonly slot: Slot; readonly candidates: readonly Incarnation[] },
  reply: (result: ClientResult) => void,
): void {
  const [candidate, ...others] = to.candidates;
  if (candidate === undefined) return reply(noCandidate(r, to.slot));
  if (candidate === r.incarnation && mayCoordinate(r, to.slot))
    return coordinate(r, request, reply);
  const next = (): void => handOver(r, request, { slot: to.slot, candidates: others }, reply);
  const life = r.lives.get(candidate);
  if (candidate === r.incarnation || life === undefined) return next();
  ask(
    r,
    candidate,
    (call) => ({ kind: 'coordinate', call, life, request }),
    (answer) => {
      if (answer?.kind === 'coordinated') return reply(answer.result);
      if (answer?.kind === 'refused') {
        if (answer.code === 'STALE_EPOCH') fetchDocument(r, candidate);
        return next();
      }
      // No word: it may have been coordinated, so it is not handed to another.
      reply(unknownOutcome('did not answer'));
    },
    operationTicks(r) + HAND_OVER_TICKS,
  );
}

/** What a client is told when nobody can know whether its write was coordinated. */
export function unknownOutcome(why: string): ClientResult {
  const message = `the coordinating replica ${why}`;
  return { kind: 'failed', code: 'TIMEOUT', message, maybeApplied: true };
}

/** Coordinates a write here; conditional ones one at a time per key, on a quorum read. */
export function coordinate(
  r: Replica,
  request: WriteRequest,
  reply: (result: ClientResult) => void,
): void {
  if (request.condition.kind === 'any') {
    new QuorumWrite(r, request, reply);
    return;
  }
  const name = request.key.text;
  const queue = r.locks.get(name);
  const deadline = r.tick + operationTicks(r);
  const done = (result: ClientResult): void => {
    unlock(r, name);
    reply(result);
  };
  const start = (): void =>
    r.tick < deadline
      ? judge(r, request, done)
      : done(failed('TIMEOUT', 'other conditional writes of this key took all the time'));
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

function judge(r: Replica, request: WriteRequest, done: (result: ClientResult) => void): void {
  quorumObject(
    r,
    { key: request.key, quorum: null },
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
