// Who holds the object that a coordinator writes: copies counted for one attempt, and what they prove
// (R2, protocol §5). What was said of an earlier object, or under another ring, says nothing of this one.
import type { Incarnation } from '../api/ids.ts';
import type { ReplicaSet } from '../membership/document.ts';

export class Copies {
  /** Answers to another attempt do not count. */
  attempt = 0;
  /** Who holds it durably, and who of them had nothing that it did not cover. */
  #held = new Set<Incarnation>();
  #clean = new Set<Incarnation>();
  /** sloppy mode: who holds a hint in whose place. */
  readonly #standIns = new Map<Incarnation, Incarnation>();

  /** Counts from nothing; the attempt that counts from now on. */
  beginAnew(): number {
    this.#held = new Set();
    this.#clean = new Set();
    this.#standIns.clear();
    return ++this.attempt;
  }

  /** Durable there; clean: it covered all that was there before. */
  add(member: Incarnation, isClean: boolean): void {
    this.#held.add(member);
    if (isClean) this.#clean.add(member);
  }

  drop(member: Incarnation): void {
    this.#held.delete(member);
    this.#clean.delete(member);
  }

  addHint(target: Incarnation, fallback: Incarnation): void {
    this.#standIns.set(fallback, target);
  }

  fallbacks(): ReadonlySet<Incarnation> {
    return new Set(this.#standIns.keys());
  }

  isStoodInFor(target: Incarnation): boolean {
    return [...this.#standIns.values()].includes(target);
  }

  missing(members: readonly Incarnation[]): readonly Incarnation[] {
    return members.filter((member) => !this.#held.has(member));
  }

  /** Durable copies in one set, a fallback's hint counted in its member's place (sloppy mode only). */
  within({ members }: ReplicaSet): number {
    return members.filter((m) => this.#held.has(m) || this.isStoodInFor(m)).length;
  }

  /** Among those that hold it is one that held whatever was acknowledged before (protocol §5). */
  meetAll(reads: ReplicaSet): boolean {
    return isEnough(this.#held, reads);
  }

  /** The same of those to whom it was news of nothing else: it replaces all that was acknowledged. */
  areKnownNewest(reads: ReplicaSet): boolean {
    return isEnough(this.#clean, reads);
  }
}

/** Protocol §5: among so many replicas there is one that holds what was acknowledged before. */
function isEnough(heard: ReadonlySet<Incarnation>, { members, write }: ReplicaSet): boolean {
  return members.filter((m) => heard.has(m)).length >= Math.max(write, members.length - write + 1);
}
