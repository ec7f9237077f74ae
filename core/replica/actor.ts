// R13: under which name this process makes dots. A dot is made only from a term and a counter whose
// lease is durable, whatever the durability of values.
import type { Dot } from '../api/object.ts';
import { COUNTER_LEASE } from '../limits.ts';
import type { StoredActor, StoreWrite } from './effects.ts';
import type { ActorState, Replica } from './state.ts';
import { actorName, enforces, store } from './state.ts';

/** The actor of a process that starts: a new term, unless the last one stopped in order. */
export function actorAtStart(stored: StoredActor | null, termsGrow: boolean): ActorState {
  const fresh = stored === null || (termsGrow && !stored.clean);
  const term = fresh ? (stored?.term ?? 0) + 1 : stored.term;
  const counter = fresh ? 0 : stored.lease;
  return {
    term,
    counter,
    lease: counter + COUNTER_LEASE,
    ready: false,
    extending: false,
    waiting: [],
  };
}

export function actorWrite(actor: ActorState): StoreWrite {
  return { kind: 'actor', actor: { term: actor.term, lease: actor.lease, clean: false } };
}

/** Stores the first lease of this process's term. */
export function beginTerm(r: Replica): void {
  store(r, [actorWrite(r.actor)], () => leaseIsDurable(r, r.actor));
}

/** The next term, to be stored together with what made it necessary; dots wait until that is durable. */
export function nextTerm(r: Replica): StoreWrite | null {
  if (!enforces(r, 'R13')) return null;
  const { term, waiting } = r.actor;
  r.actor = {
    term: term + 1,
    counter: 0,
    lease: COUNTER_LEASE,
    ready: false,
    extending: false,
    waiting,
  };
  return actorWrite(r.actor);
}

/** Tells that the actor as it was when it was stored is durable. */
export function leaseIsDurable(r: Replica, actor: ActorState): void {
  if (actor !== r.actor || r.drained) return;
  actor.ready = true;
  actor.extending = false;
  for (const then of actor.waiting.splice(0)) withDot(r, then);
}

/** Calls `then` once a dot can be made; `then` makes it with nextDot in the same turn. */
export function withDot(r: Replica, then: () => void): void {
  if (canMakeDot(r)) then();
  else r.actor.waiting.push(then);
}

/** The term and a lease beyond the last counter are durable. */
export function canMakeDot(r: Replica): boolean {
  return r.actor.ready && r.actor.counter < r.actor.lease;
}

/** A fresh dot (R3); only where canMakeDot. */
export function nextDot(r: Replica): Dot {
  const { actor } = r;
  actor.counter++;
  if (actor.lease - actor.counter < COUNTER_LEASE / 2 && !actor.extending) extendLease(r, actor);
  return { actor: actorName(r.incarnation, actor.term), counter: actor.counter };
}

/** The lease grows in the store first; until it is durable the old one holds. */
function extendLease(r: Replica, actor: ActorState): void {
  actor.extending = true;
  const lease = actor.lease + COUNTER_LEASE;
  store(r, [{ kind: 'actor', actor: { term: actor.term, lease, clean: false } }], () => {
    if (actor !== r.actor) return;
    actor.lease = lease;
    leaseIsDurable(r, actor);
  });
}

/** Stopped in order: the next process may go on with this term from this counter. */
export function cleanStop(r: Replica): StoreWrite {
  r.actor.ready = false;
  return { kind: 'actor', actor: { term: r.actor.term, lease: r.actor.counter, clean: true } };
}
