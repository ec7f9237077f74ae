// Asking a replica set until enough of it has answered: the read side of every client operation.
import type { CallId, PeerAnswer, PeerQuestion } from '../api/messages.ts';
import type { Incarnation, RequestId, Slot } from '../api/ids.ts';
import type { FailedResult } from '../api/requests.ts';
import type { ErrorCode } from '../errors.ts';
import { FAIL_FAST_TICKS, HEDGE_TICKS, TICK_MS } from '../limits.ts';
import { setsDiffer, slotSets } from '../membership/document.ts';
import type { SlotSets } from '../membership/document.ts';
import { defined } from '../assert.ts';
import { fetchDocument } from './adoption.ts';
import { tally } from './counters.ts';
import type { Operation, Replica } from './state.ts';
import { ask, isServing } from './state.ts';

/** Ticks from now on that one client operation may take. */
export function operationTicks(r: Replica): number {
  return Math.max(1, Math.ceil(defined(r.document, 'a document').limits.operationMs / TICK_MS));
}

/** A failure after which nothing was written. */
export function failed(code: ErrorCode, message: string): FailedResult {
  return { kind: 'failed', code, message, maybeApplied: false };
}

export function quorumUnavailable(
  what: string,
  count: { needed: number; answered: number; maybeApplied: boolean },
): FailedResult {
  const { needed, answered, maybeApplied } = count;
  const message = `${what} needs ${needed} replicas, ${answered} answered`;
  return { kind: 'failed', code: 'QUORUM_UNAVAILABLE', message, needed, answered, maybeApplied };
}

/** Members with this node first, then those heard of, then the silent ones. */
export function nearestFirst(r: Replica, members: readonly Incarnation[]): Incarnation[] {
  const rank = (m: Incarnation): number =>
    m === r.incarnation ? 0 : r.suspicion.isSilent(m) ? 2 : 1;
  return [...members].sort((a, b) => rank(a) - rank(b));
}

export interface QuorumQuestion<T> {
  /** The client's request that it serves. */
  readonly id: RequestId;
  readonly slot: Slot;
  /** null: the ring's R. */
  readonly quorum: number | null;
  readonly what: string;
  /** This node's own answer; null: it has none to give. */
  own(then: (answer: T | null) => void): void;
  question(call: CallId): PeerQuestion;
  /** null: not an answer to this question, or a refusal. */
  read(answer: PeerAnswer): T | null;
  done(answers: ReadonlyMap<Incarnation, T>, sets: SlotSets): void;
  failed(result: FailedResult): void;
}

/** Asks R of the read set, the nearest first; hedges after HEDGE_TICKS; starts over when the set changes. */
export class QuorumRead<T> implements Operation {
  readonly #r: Replica;
  readonly #question: QuorumQuestion<T>;
  readonly #startTick: number;
  readonly #deadline: number;
  #sets: SlotSets;
  #answers = new Map<Incarnation, T>();
  #toAsk: Incarnation[] = [];
  #hedgeTick = 0;
  #againTick = 0;
  /** Raised when the question starts over: answers to the one before no longer count. */
  #round = 0;
  #ended = false;

  constructor(r: Replica, question: QuorumQuestion<T>) {
    this.#r = r;
    this.#question = question;
    this.#startTick = r.tick;
    this.#deadline = r.tick + operationTicks(r);
    this.#sets = slotSets(defined(r.document, 'a document'), question.slot);
    r.operations.add(this);
    this.#begin();
  }

  get #needed(): number {
    const { members, read } = this.#sets.reads;
    return Math.min(this.#question.quorum ?? read, members.length);
  }

  #begin(): void {
    this.#round++;
    this.#answers = new Map();
    this.#toAsk = nearestFirst(this.#r, this.#sets.reads.members);
    this.#hedgeTick = this.#r.tick + HEDGE_TICKS;
    this.#againTick = this.#r.tick + 2 * HEDGE_TICKS;
    for (let i = this.#needed; i > 0; i--) this.#askNext();
  }

  #askNext(): void {
    const member = this.#ended ? undefined : this.#toAsk.shift();
    if (member === undefined) return;
    const round = this.#round;
    const answered = (answer: T | null): void => {
      if (round !== this.#round || this.#ended) return;
      if (answer === null) this.#askNext();
      else this.#answers.set(member, answer);
      if (this.#answers.size >= this.#needed) this.#finish();
    };
    if (member === this.#r.incarnation) return this.#question.own(answered);
    ask(
      this.#r,
      member,
      (call) => this.#question.question(call),
      (answer) => {
        if (answer?.kind === 'refused' && answer.code === 'STALE_EPOCH') {
          tally(this.#r, 'read-stale-epoch');
          fetchDocument(this.#r, member);
        }
        answered(answer === null ? null : this.#question.read(answer));
      },
      { ticks: this.#deadline - this.#r.tick, about: this.#question.id },
    );
  }

  #finish(): void {
    this.#end();
    tally(this.#r, 'read-ok');
    this.#question.done(this.#answers, this.#sets);
  }

  #end(): void {
    this.#ended = true;
    this.#r.operations.delete(this);
  }

  /** True where even the answers of all who are heard of would not be enough. */
  #hopeless(): boolean {
    const { members } = this.#sets.reads;
    const silent = members.filter(
      (m) => !this.#answers.has(m) && m !== this.#r.incarnation && this.#r.suspicion.isSilent(m),
    );
    return members.length - silent.length < this.#needed;
  }

  tick(): void {
    const { tick } = this.#r;
    if (tick >= this.#deadline || (tick >= this.#startTick + FAIL_FAST_TICKS && this.#hopeless())) {
      const answered = this.#answers.size;
      this.#end();
      tally(this.#r, tick >= this.#deadline ? 'read-timeout' : 'read-short');
      const count = { needed: this.#needed, answered, maybeApplied: false };
      return this.#question.failed(quorumUnavailable(this.#question.what, count));
    }
    if (tick < this.#hedgeTick) return;
    this.#hedgeTick = tick + HEDGE_TICKS;
    if (this.#toAsk.length > 0) this.#askNext();
    else if (tick >= this.#againTick) this.#askAgain();
  }

  /** Frames may be lost, and a refusal may be about an old epoch: who has not answered is asked again. */
  #askAgain(): void {
    this.#againTick = this.#r.tick + 2 * HEDGE_TICKS;
    this.#toAsk = nearestFirst(this.#r, this.#sets.reads.members).filter(
      (m) => !this.#answers.has(m),
    );
    for (let i = this.#toAsk.length; i > 0; i--) this.#askNext();
  }

  /** R5: what was planned before the document is dropped and planned again. */
  replan(): void {
    const sets = slotSets(defined(this.#r.document, 'a document'), this.#question.slot);
    const same = !setsDiffer(this.#sets, sets);
    this.#sets = sets;
    const refused = isServing(this.#r) ? null : unready(this.#r);
    if (refused !== null) {
      this.#end();
      this.#question.failed(refused);
    } else if (!same) {
      tally(this.#r, 'read-stale-epoch');
      this.#begin();
    } else this.#askAgain();
  }
}

/** What a client is told when this node cannot serve it at all; null: it can. */
export function unready(r: Replica): FailedResult | null {
  if (r.draining) return failed('DRAINING', 'this node is stopping; ask another one');
  if (r.split)
    return failed(
      'NOT_SERVING',
      'two ring documents of one epoch were met; an operator must settle it',
    );
  if (r.document === null)
    return failed('NOT_SERVING', 'this node was not given a ring document yet');
  if (!isServing(r))
    return failed('NOT_SERVING', 'this node is no member of the ring; ask another one');
  return null;
}
