// Is every slot that a change gives covered at its target (R7)? The nodes count; here it is known
// how many each one owes.
import type { Incarnation, Slot } from '../api/ids.ts';
import type { Assignment, Member, RingDocument } from '../api/ring-document.ts';
import { defined } from '../assert.ts';
import { replicaSet, replicaTable } from '../ring/ring.ts';
import { transfers } from '../ring/transfers.ts';
import type { Reports } from './barrier.ts';
import { memberOf } from './document.ts';

/** What one gaining member has and owes. Counts are of slots. */
export interface Coverage {
  readonly member: Member;
  readonly needed: number;
  readonly covered: number;
  /** Why the rest is not covered, in the node's words; empty: it did not say. */
  readonly waitingFor: string;
}

const memo = new WeakMap<
  Assignment,
  { from: Assignment; gains: ReadonlyMap<Incarnation, number> }
>();

/** Slots that each member must merge before the ring `to` may be read. */
export function gainsOf(from: Assignment, to: Assignment): ReadonlyMap<Incarnation, number> {
  const known = memo.get(to);
  if (known?.from === from) return known.gains;
  const gains = new Map<Incarnation, number>();
  for (const { target } of transfers(from, to)) gains.set(target, (gains.get(target) ?? 0) + 1);
  memo.set(to, { from, gains });
  return gains;
}

/** How far each gaining member is; empty where no change is under way. */
export function coverage(document: RingDocument, reports: Reports): readonly Coverage[] {
  if (document.next === null) return [];
  const gains = gainsOf(document.current, document.next);
  return [...gains].map(([incarnation, needed]) => {
    // R6: progress belongs to (change, incarnation); what another change covered counts nothing.
    const gained = reports.get(incarnation)?.gains;
    const counts = gained !== undefined && gained !== null && gained.change === document.change?.id;
    return {
      member: defined(memberOf(document, incarnation), `member ${incarnation}`),
      needed,
      covered: counts ? Math.min(gained.covered, needed) : 0,
      waitingFor: counts ? gained.waitingFor : '',
    };
  });
}

/** From one ring to another; `needed`: so many living members of a set are enough, R where it is absent. */
export interface Way {
  readonly from: Assignment;
  readonly to: Assignment;
  readonly needed?: number;
}

/**
 * Slots that `to` could not read, since too many of its members are lost, while a member of `from` that is
 * not lost may hold a copy and would not stay: going there would leave that copy behind (I1).
 */
export function strandedSlots(document: RingDocument, way: Way): readonly Slot[] {
  const { from, to } = way;
  const lost = new Set(document.members.filter((m) => m.lost).map((m) => m.incarnation));
  if (lost.size === 0) return [];
  const living = (ring: Assignment, slot: Slot): Incarnation[] =>
    replicaSet(ring, slot).filter((member) => !lost.has(member));
  const needed = way.needed ?? Math.min(to.readQuorum, replicaTable(to).width);
  const slots = Array.from({ length: 1 << document.slotBits }, (_, slot) => slot);
  return slots.filter((slot) => {
    const then = living(to, slot);
    return then.length < needed && living(from, slot).some((m) => !then.includes(m));
  });
}

/** Who still owes slots (R7). A lost member owes nothing: its replacement will merge them (R9). */
export function uncovered(document: RingDocument, reports: Reports): readonly Coverage[] {
  return coverage(document, reports).filter(
    ({ member, needed, covered }) => !member.lost && covered < needed,
  );
}
