// One phase of a ring change at a time (protocol §3): document → next document, or why not. What
// only nodes can prove, barriers and coverage, is the caller's to have checked (barrier, coverage).
import type { ChangeId, ClusterId, Incarnation, NodeId, Zone } from '../api/ids.ts';
import type { Assignment, Layout, Member, RingDocument, Seat } from '../api/ring-document.ts';
import { MEMBERS_MAX, PROTOCOL_VERSION } from '../limits.ts';
import { claim } from '../ring/claim.ts';
import { replicaTable } from '../ring/ring.ts';
import { memberOf } from './document.ts';
import { byName, edited, refused } from './edit.ts';
import type { Edit, Stamp } from './edit.ts';

/** A node that is to become a member. */
export interface Joiner {
  readonly id: NodeId;
  readonly incarnation: Incarnation;
  readonly address: string;
  readonly zone: Zone;
}

/** How many copies there are and how many of them count. */
export interface Quorums {
  readonly replicationFactor: number;
  readonly readQuorum: number;
  readonly writeQuorum: number;
}

/** The ring that is wanted, whatever the present one is. */
export interface ChangeWish extends Quorums {
  readonly id: ChangeId;
  readonly summary: string;
  /** Who sits on the new ring; who sits on the present one and is not here, leaves. */
  readonly seats: readonly Seat[];
  /** Those of `seats` that no member stands for yet. */
  readonly joiners: readonly Joiner[];
  readonly layout?: Layout['kind'];
}

/** What a new ring is made of; its data limits hold for its whole life. */
export interface Founding extends Quorums {
  readonly clusterId: ClusterId;
  readonly members: readonly Joiner[];
  readonly slotBits: number;
  readonly mode: RingDocument['mode'];
  readonly conflicts: RingDocument['conflicts'];
  readonly limits: RingDocument['limits'];
}

/** A ring's first document, stable. The caller knows that no other exists (protocol §2). */
export function bootstrap(founding: Founding, stamp: Stamp): Edit {
  const { members, slotBits, replicationFactor, readQuorum, writeQuorum } = founding;
  if (members.length === 0) return refused('a ring needs at least one member');
  const seats = members.map(seatOf);
  return edited(null, {
    clusterId: founding.clusterId,
    epoch: stamp.epoch,
    phase: 'stable',
    slotBits,
    hash: 'xxh64',
    protocolVersion: PROTOCOL_VERSION,
    members: members.map((joiner) => memberFrom(joiner, 'serving')).sort(byName),
    current: claim({ from: null, seats, slotBits, replicationFactor, readQuorum, writeQuorum }),
    next: null,
    change: null,
    settled: null,
    mode: founding.mode,
    conflicts: founding.conflicts,
    limits: founding.limits,
    uncleaned: [],
    receipts: [],
    progress: { sinceMs: stamp.nowMs, fullBarrier: 0 as RingDocument['epoch'] },
  });
}

/** The last wish weighed for an assignment: gates, forecast and the change itself all ask for the same one. */
const weighed = new WeakMap<Assignment, { readonly wish: string; readonly next: Assignment }>();

/** The assignment that a wish comes to, without starting anything. */
export function nextAssignment(
  document: RingDocument,
  wish: Omit<ChangeWish, 'id' | 'summary' | 'joiners'>,
): Assignment {
  const { seats, replicationFactor, readQuorum, writeQuorum, layout } = wish;
  const { current, slotBits } = document;
  const key = JSON.stringify([seats, replicationFactor, readQuorum, writeQuorum, layout]);
  const known = weighed.get(current);
  if (known?.wish === key) return known.next;
  const numbers = { slotBits, replicationFactor, readQuorum, writeQuorum };
  const next = claim({
    from: current,
    seats,
    ...numbers,
    ...(layout === undefined ? {} : { layout }),
  });
  weighed.set(current, { wish: key, next });
  return next;
}

/** Stable → write-both. The caller has seen the barrier of the present epoch (I4). */
export function beginChange(document: RingDocument, wish: ChangeWish, stamp: Stamp): Edit {
  if (document.phase !== 'stable') return refused(`change ${document.change?.id} is under way`);
  if (wish.seats.length === 0) return refused('a ring needs at least one seat');
  const members = [
    ...document.members,
    ...wish.joiners.map((joiner) => memberFrom(joiner, 'joining')),
  ];
  if (members.length > MEMBERS_MAX) return refused(`more than ${MEMBERS_MAX} members`);
  const objection = objectionTo(document, wish);
  if (objection !== null) return refused(objection);
  const staying = new Set(wish.seats.map((seat) => seat.incarnation));
  const going = new Set(
    document.current.seats
      .map((seat) => seat.incarnation)
      .filter((incarnation) => !staying.has(incarnation)),
  );
  return edited(document, {
    ...document,
    epoch: stamp.epoch,
    phase: 'write-both',
    members: members
      .map((m): Member => (going.has(m.incarnation) ? { ...m, state: 'leaving' } : m))
      .sort(byName),
    next: nextAssignment(document, wish),
    change: { id: wish.id, summary: wish.summary, began: stamp.epoch },
    progress: { ...document.progress, sinceMs: stamp.nowMs },
  });
}

function objectionTo(document: RingDocument, wish: ChangeWish): string | null {
  const joining = new Map(wish.joiners.map((joiner) => [joiner.incarnation, joiner]));
  for (const joiner of wish.joiners) {
    if (memberOf(document, joiner.incarnation))
      return `${joiner.id} ${joiner.incarnation} is a member already`;
    if (document.receipts.some((receipt) => receipt.incarnation === joiner.incarnation)) {
      return `${joiner.id} ${joiner.incarnation} has left: it returns under a new incarnation only`;
    }
  }
  for (const seat of wish.seats) {
    if (joining.has(seat.incarnation)) continue;
    const member = memberOf(document, seat.incarnation);
    if (member === undefined) return `${seat.incarnation} is to sit on the ring but is no member`;
    if (member.state === 'left') return `${member.id} ${member.incarnation} has left`;
  }
  return null;
}

/** Write-both → read-new. The caller has seen the barrier (I4) and every gained slot covered (R7). */
export function enterReadNew(document: RingDocument, stamp: Stamp): Edit {
  if (document.phase !== 'write-both')
    return refused(`phase ${document.phase} has no read-new after it`);
  return edited(document, {
    ...document,
    epoch: stamp.epoch,
    phase: 'read-new',
    progress: { ...document.progress, sinceMs: stamp.nowMs },
  });
}

/**
 * Read-new → stable on the new ring. The caller has seen the barrier (I4). Leavers are `left` and
 * wait for their receipt; whoever lost a slot is named in `uncleaned` (R10).
 */
export function finishChange(document: RingDocument, stamp: Stamp): Edit {
  const { next, change } = document;
  if (document.phase !== 'read-new' || next === null || change === null) {
    return refused(`phase ${document.phase} cannot finish a change`);
  }
  const losers = losersOf(document.current, next);
  const lost = new Set(document.members.filter((m) => m.lost).map((m) => m.incarnation));
  const uncleaned = new Set([...document.uncleaned, ...losers].filter((m) => !lost.has(m)));
  return edited(document, {
    ...document,
    epoch: stamp.epoch,
    phase: 'stable',
    members: document.members.map(settledMember),
    current: next,
    next: null,
    change: null,
    settled: { change: change.id, epoch: stamp.epoch },
    uncleaned: [...uncleaned].sort(),
    progress: { ...document.progress, sinceMs: stamp.nowMs },
  });
}

/**
 * Read-new → write-both: reads ask the old ring again, which every write has satisfied all along, as it did
 * the new one. So this waits for no barrier, but an abort that follows must: some may still read the new
 * ring, and would miss what the old one alone has acknowledged.
 */
export function retreat(document: RingDocument, stamp: Stamp): Edit {
  if (document.phase !== 'read-new') return refused(`phase ${document.phase} has no way back`);
  return edited(document, {
    ...document,
    epoch: stamp.epoch,
    phase: 'write-both',
    progress: { ...document.progress, sinceMs: stamp.nowMs },
  });
}

/**
 * Write-both → stable on the old ring, barrier or not: reads and writes were satisfied by the old
 * sets all along. Pure joiners are no longer named: nothing that counts was theirs alone.
 */
export function abortChange(document: RingDocument, stamp: Stamp): Edit {
  const { change } = document;
  if (document.phase !== 'write-both' || change === null) {
    return refused(`phase ${document.phase} cannot be aborted`);
  }
  return edited(document, {
    ...document,
    epoch: stamp.epoch,
    phase: 'stable',
    members: document.members
      .filter((m) => m.state !== 'joining')
      .map((m): Member => (m.state === 'leaving' ? { ...m, state: 'serving' } : m)),
    next: null,
    change: null,
    settled: { change: change.id, epoch: stamp.epoch },
    progress: { ...document.progress, sinceMs: stamp.nowMs },
  });
}

function settledMember(member: Member): Member {
  if (member.state === 'joining') return { ...member, state: 'serving' };
  return member.state === 'leaving' ? { ...member, state: 'left' } : member;
}

/** Everyone who holds a slot in `from` and no longer does in `to`. */
export function losersOf(from: Assignment, to: Assignment): ReadonlySet<Incarnation> {
  const [before, after] = [replicaTable(from), replicaTable(to)];
  const losers = new Set<Incarnation>();
  for (let slot = 0; slot < before.slots; slot++) {
    const holders = new Set<Incarnation>();
    for (let i = slot * after.width; i < (slot + 1) * after.width; i++) {
      holders.add(to.seats[after.seats[i]!]!.incarnation);
    }
    for (let i = slot * before.width; i < (slot + 1) * before.width; i++) {
      const holder = from.seats[before.seats[i]!]!.incarnation;
      if (!holders.has(holder)) losers.add(holder);
    }
  }
  return losers;
}

const seatOf = ({ incarnation, zone }: Joiner): Seat => ({ incarnation, zone });

const memberFrom = (joiner: Joiner, state: Member['state']): Member => ({
  id: joiner.id,
  incarnation: joiner.incarnation,
  address: joiner.address,
  zone: joiner.zone,
  state,
  lost: false,
});
