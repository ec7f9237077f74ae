// A client's write, from its first dot to the last replica's word: R2, R3, R14 and the two rounds of
// protocol §5 for writes without a context.
import type { Incarnation, Slot } from '../api/ids.ts';
import type { Key, Sibling, Vector, VersionedObject } from '../api/object.ts';
import type { ClientResult, WriteRequest } from '../api/requests.ts';
import { defined } from '../assert.ts';
import { FAIL_FAST_TICKS, LINGER_TICKS, RESEND_TICKS, SETTLE_TICKS } from '../limits.ts';
import type { ReplicaSet, SlotSets } from '../membership/document.ts';
import { setsDiffer, slotSets } from '../membership/document.ts';
import { etagOf, writeObject } from '../version/siblings.ts';
import { clockMs, tickClock } from '../version/clock.ts';
import { joinVectors } from '../version/vector.ts';
import { canMakeDot, nextDot, withDot } from './actor.ts';
import { fetchDocument } from './adoption.ts';
import { Copies } from './copies.ts';
import { holds, mergeIn, provesRollback, setObject, slotOfKey, withCell } from './cells.ts';
import { tally } from './counters.ts';
import { keepHints, standIn } from './hints.ts';
import { failed, operationTicks, quorumUnavailable, unready } from './quorum.ts';
import { lackOfRoom } from './room.ts';
import type { Cell, Operation, Replica } from './state.ts';
import { ask, enforces, isServing } from './state.ts';

/** What a coordinator says; handed back: it made no dot, so that another may coordinate the write (R4). */
export type Verdict = ClientResult | { readonly kind: 'handed-back' };
export const HANDED_BACK: Verdict = { kind: 'handed-back' };

/** Coordinates one write; this node is a member of the set that reads ask. */
export class QuorumWrite implements Operation {
  readonly #r: Replica;
  readonly #request: WriteRequest;
  readonly #slot: Slot;
  readonly #startTick: number;
  readonly #deadline: number;
  #reply: ((verdict: Verdict) => void) | null;
  #sets: SlotSets;
  #object: VersionedObject | null = null;
  /** Of the present object. */
  readonly #copies = new Copies();
  #reports: Vector | null = null;
  #refusedFull = new Set<Incarnation>();
  #round = 1;
  #begun = false;
  /** A dot was made: the write may take effect whatever the client is told. */
  #maybeApplied = false;
  #satisfiedTick = -1;
  #resendTick: number;
  #lingerTick = -1;
  /** Some replica knows a newer epoch: once this node does too, who refused is asked again at once. */
  #wasStale = false;
  #ended = false;

  constructor(r: Replica, request: WriteRequest, reply: (verdict: Verdict) => void) {
    this.#r = r;
    this.#request = request;
    this.#reply = reply;
    this.#slot = slotOfKey(r, request.key);
    this.#sets = this.#currentSets();
    this.#startTick = r.tick;
    this.#deadline = r.tick + operationTicks(r);
    this.#resendTick = r.tick + RESEND_TICKS;
    r.operations.add(this);
    this.#begin();
  }

  /** Nothing is written while silence alone rules a quorum out; peers may be heard of in a moment. */
  #begin(): void {
    if (this.#canSatisfy()) {
      this.#begun = true;
      this.#makeDot(this.#request.context);
    } else if (this.#r.tick >= this.#startTick + FAIL_FAST_TICKS) this.#fail(this.#short(false));
  }

  #currentSets(): SlotSets {
    return slotSets(defined(this.#r.document, 'a document'), this.#slot);
  }

  /** W of one set for this request. */
  #needed(set: ReplicaSet): number {
    return Math.min(this.#request.quorum ?? set.write, set.members.length);
  }

  /** False where silence alone rules a quorum out. */
  #canSatisfy(): boolean {
    if (defined(this.#r.document, 'a document').mode === 'sloppy') return true;
    const reachable = (m: Incarnation): boolean =>
      m === this.#r.incarnation || !this.#r.suspicion.isSilent(m);
    return this.#sets.writes.every(
      (set) => set.members.filter(reachable).length >= this.#needed(set),
    );
  }

  /** R3: one dot per attempt. `seen` null: replace all that this node knows (protocol §5). */
  #makeDot(seen: Vector | null): void {
    withDot(this.#r, () =>
      withCell(this.#r, this.#request.key, (cell) => {
        if (this.#ended) return;
        // Dead: the slot was erased while the key was loaded.
        if (!canMakeDot(this.#r) || cell.state === 'dead') return this.#makeDot(seen);
        const isHeld = holds(this.#r, this.#slot);
        // The slot went before a dot was made: a replica that has it now begins afresh.
        if (!isHeld && !this.#maybeApplied) return this.#handBack();
        if (isHeld && cell.state !== 'ready') {
          return this.#fail(
            failed('CORRUPT_RECORD', 'this replica of the key is damaged; ask again'),
          );
        }
        const wrong = isHeld ? lackOfRoom(this.#r, this.#request.value, cell.object, seen) : null;
        if (wrong !== null) return this.#fail(wrong);
        // What the client had read may show more of this actor than its store knows (R9).
        if (seen !== null && provesRollback(this.#r, seen)) return;
        this.#apply(cell, seen, isHeld);
        this.#sendToOthers(this.#sets.everyone);
        if (defined(this.#r.document, 'a document').mode === 'sloppy') this.#askStandIns();
      }),
    );
  }

  /**
   * Builds the object on the newest one of this replica, also on what is still being synced (R14). Not
   * held: the slot went between the two rounds; what is known goes to those who have it now.
   */
  #apply(cell: Cell, seen: Vector | null, isHeld: boolean): void {
    const r = this.#r;
    const { value, contentType, expiresAtMs } = this.#request;
    r.clock = tickClock(r.clock, r.nowMs);
    const sibling: Sibling = { dot: nextDot(r), value, contentType, time: r.clock, expiresAtMs };
    const written = (own: VersionedObject | null): VersionedObject => {
      const object = writeObject(own, seen, sibling);
      return seen === null && this.#reports !== null ? withContext(object, this.#reports) : object;
    };
    const object = written(cell.object);
    this.#object = enforces(r, 'R14') ? object : written(null);
    this.#maybeApplied = true;
    const attempt = this.#forgetCopies();
    if (isHeld) setObject(r, cell, object, () => this.#stored(r.incarnation, attempt, null));
  }

  /** Copies are counted afresh; answers to what was sent before no longer count. */
  #forgetCopies(): number {
    this.#satisfiedTick = -1;
    return this.#copies.beginAnew();
  }

  #sendToOthers(members: readonly Incarnation[]): void {
    const object = this.#object;
    if (object === null) return;
    const { attempt } = this.#copies;
    for (const member of members) {
      if (member === this.#r.incarnation) continue;
      ask(
        this.#r,
        member,
        (call) => ({ kind: 'write', call, key: this.#request.key, object }),
        (answer) => {
          if (answer?.kind === 'stored') this.#stored(member, attempt, answer.report);
          if (answer?.kind === 'refused') this.#refused(member, attempt, answer.code);
        },
        { ticks: this.#deadline + LINGER_TICKS - this.#r.tick, about: this.#request.id },
      );
    }
  }

  #stored(member: Incarnation, attempt: number, report: Vector | null): void {
    if (attempt !== this.#copies.attempt || this.#ended) return;
    if (report !== null && provesRollback(this.#r, report)) return;
    this.#copies.add(member, report === null);
    if (report !== null)
      this.#reports = this.#reports === null ? report : joinVectors(this.#reports, report);
    this.#check();
  }

  #refused(member: Incarnation, attempt: number, code: string): void {
    if (attempt !== this.#copies.attempt || this.#ended) return;
    if (code === 'STALE_EPOCH') {
      tally(this.#r, 'write-stale-epoch');
      this.#wasStale = true;
      fetchDocument(this.#r, member);
    }
    if (code === 'DISK_FULL') this.#refusedFull.add(member);
    const impossible = this.#sets.writes.some(
      (set) => set.members.filter((m) => !this.#refusedFull.has(m)).length < this.#needed(set),
    );
    if (impossible && this.#reply !== null) {
      this.#fail({
        ...failed('DISK_FULL', 'the disks of too many replicas are full'),
        maybeApplied: true,
      });
    }
  }

  /** R2, for I1 and I3: inside every write set, old and new, at least W replicas hold it durably. */
  #satisfied(): boolean {
    const sets = enforces(this.#r, 'R2-quorum') ? this.#sets.writes : this.#sets.writes.slice(0, 1);
    return sets.every((set) => this.#copies.within(set) >= this.#needed(set));
  }

  #check(): void {
    if (this.#reply === null) return this.#checkLinger();
    if (!this.#satisfied()) return;
    if (this.#satisfiedTick < 0) this.#satisfiedTick = this.#r.tick;
    const { reads, everyone } = this.#sets;
    if (this.#request.context !== null || this.#round === 2 || this.#copies.areKnownNewest(reads))
      return this.#succeed();
    const answered = this.#copies.meetAll(reads) || this.#copies.missing(everyone).length === 0;
    if (!answered && this.#r.tick < this.#satisfiedTick + SETTLE_TICKS) return;
    if (this.#reports !== null) this.#secondRound();
    else this.#succeed();
  }

  /** A fresh dot whose context covers the reports and the first dot; the old dot may not be sent under it. */
  #secondRound(): void {
    this.#round = 2;
    // Its own record, which covers the first dot, may be erased meanwhile.
    const { context } = defined(this.#object, 'the first object');
    this.#reports = joinVectors(defined(this.#reports, 'a report'), context);
    // Until the new dot is made nothing counts: neither late answers to the first one, nor re-sends of it.
    this.#forgetCopies();
    this.#object = null;
    this.#resendTick = this.#r.tick + RESEND_TICKS;
    this.#makeDot(null);
  }

  #succeed(): void {
    const object = defined(this.#object, 'the written object');
    const reply = this.#reply;
    this.#reply = null;
    tally(this.#r, 'write-ok');
    this.#lingerTick = this.#r.tick + LINGER_TICKS;
    reply?.({ kind: 'written', context: object.context, etag: etagOf(object) });
    this.#checkLinger();
  }

  #fail(result: ClientResult): void {
    const reply = this.#reply;
    this.#reply = null;
    this.#end();
    this.#countFailure(result);
    reply?.(
      result.kind === 'failed' && this.#maybeApplied ? { ...result, maybeApplied: true } : result,
    );
  }

  /** Nothing was written: the client need not know that the ring changed. */
  #handBack(): void {
    const reply = this.#reply;
    this.#reply = null;
    this.#end();
    tally(this.#r, 'write-stale-epoch');
    reply?.(HANDED_BACK);
  }

  /** A write that its condition or a disk refused is no outcome of a quorum. */
  #countFailure(result: ClientResult): void {
    const code = result.kind === 'failed' ? result.code : null;
    if (this.#r.tick >= this.#deadline) tally(this.#r, 'write-timeout');
    else if (code === 'QUORUM_UNAVAILABLE') tally(this.#r, 'write-short');
  }

  /** After the reply the other replicas may still answer; who does not, gets a hint. */
  #checkLinger(): void {
    const missing = this.#copies.missing(this.#sets.everyone);
    const mayAnswer = missing.some((m) => !this.#r.suspicion.isSilent(m));
    if (mayAnswer && this.#r.tick < this.#lingerTick) return;
    this.#end();
    if (missing.length > 0 && this.#object !== null) {
      keepHints(this.#r, { key: this.#request.key, object: this.#object }, missing);
    }
  }

  #end(): void {
    this.#ended = true;
    this.#r.operations.delete(this);
  }

  #short(maybeApplied: boolean): ClientResult {
    const live = (m: Incarnation): boolean =>
      m === this.#r.incarnation || !this.#r.suspicion.isSilent(m);
    const count = (set: ReplicaSet): number =>
      maybeApplied ? this.#copies.within(set) : set.members.filter(live).length;
    const worst = [...this.#sets.writes].sort(
      (a, b) => count(a) - this.#needed(a) - count(b) + this.#needed(b),
    )[0]!;
    const numbers = { needed: this.#needed(worst), answered: count(worst), maybeApplied };
    return quorumUnavailable('the write', numbers);
  }

  tick(): void {
    const { tick } = this.#r;
    if (this.#reply === null) return this.#checkLinger();
    if (!this.#begun) return this.#begin();
    if (tick >= this.#deadline) {
      return this.#fail(
        this.#maybeApplied
          ? this.#short(true)
          : failed('TIMEOUT', 'this node could not begin the write in time; nothing was written'),
      );
    }
    if (this.#satisfiedTick >= 0) this.#check();
    if (this.#ended || tick < this.#resendTick || this.#object === null) return;
    this.#resendTick = tick + RESEND_TICKS;
    if (tick >= this.#startTick + FAIL_FAST_TICKS && !this.#satisfied() && !this.#canSatisfy()) {
      return this.#fail(this.#short(true));
    }
    this.#resend();
  }

  /** R3: re-sends use the same dot and are idempotent. */
  #resend(): void {
    if (!enforces(this.#r, 'R3')) return this.#makeDot(this.#request.context);
    this.#sendToOthers(this.#copies.missing(this.#sets.everyone));
    if (defined(this.#r.document, 'a document').mode === 'sloppy') this.#askStandIns();
  }

  #askStandIns(): void {
    const object = this.#object;
    if (object === null) return;
    const { attempt } = this.#copies;
    const record = { key: this.#request.key, object };
    const sinceMs = clockMs(this.#r.clock);
    for (const target of this.#copies.missing(this.#sets.everyone)) {
      if (!this.#r.suspicion.isSilent(target) || target === this.#r.incarnation) continue;
      const fallback = standIn(this.#r, this.#slot, this.#copies.fallbacks());
      if (fallback === null || this.#copies.isStoodInFor(target)) continue;
      ask(
        this.#r,
        fallback,
        (call) => ({ kind: 'hold', call, target, sinceMs, record }),
        (answer) => {
          if (answer?.kind !== 'stored' || attempt !== this.#copies.attempt || this.#ended) return;
          this.#copies.addHint(target, fallback);
          this.#check();
        },
        { about: this.#request.id },
      );
    }
  }

  /** What this node had acknowledged is gone from its disk: its copy counts once it is there again (R2). */
  copyLost(key: Key): void {
    const object = this.#object;
    if (key.text !== this.#request.key.text || object === null || this.#ended) return;
    const { incarnation } = this.#r;
    const { attempt } = this.#copies;
    this.#copies.drop(incarnation);
    mergeIn(this.#r, key, object, (merged) => {
      if (merged.kind === 'merged') this.#stored(incarnation, attempt, null);
    });
  }

  /** R5: planned again under the new document, with the same dot (R3); copies are counted afresh. */
  replan(): void {
    const sets = this.#currentSets();
    const same = !setsDiffer(this.#sets, sets);
    this.#sets = sets;
    // Nobody listens to a node that the document does not name: the client must ask another one.
    const refused = isServing(this.#r) ? null : unready(this.#r);
    if (refused !== null) return this.#maybeApplied ? this.#fail(refused) : this.#handBack();
    if (this.#object === null) return;
    if (this.#reply === null) return this.#checkLinger();
    if (same) {
      if (this.#wasStale) this.#sendToOthers(this.#copies.missing(sets.everyone));
      this.#wasStale = false;
      return;
    }
    const object = this.#object;
    const attempt = this.#forgetCopies();
    if (sets.everyone.includes(this.#r.incarnation)) {
      mergeIn(this.#r, this.#request.key, object, (merged) => {
        if (merged.kind === 'merged') this.#stored(this.#r.incarnation, attempt, null);
      });
    }
    this.#sendToOthers(sets.everyone);
  }
}

/** The object with a larger context: what was reported before its dot was made. */
function withContext(object: VersionedObject, reported: Vector): VersionedObject {
  return { context: joinVectors(object.context, reported), siblings: object.siblings };
}
