// Judges acknowledgements against the disks: I3 and R2 (each write set holds W durable copies at the
// moment of the acknowledgement) and, as a statement about states, I1 (whoever a quorum read may
// ask, one of them holds it).
import type { Incarnation, Slot } from '../../../core/api/ids.ts';
import type { Dot, Key, KeyRecord, Vector } from '../../../core/api/object.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { slotSets, type ReplicaSet } from '../../../core/membership/document.ts';
import { slotOf } from '../../../core/ring/hash.ts';
import { covers, coversDot } from '../../../core/version/vector.ts';
import type { Site } from '../site.ts';
import type { Accuse } from './violation.ts';

interface Acknowledged {
  readonly key: Key;
  readonly slot: Slot;
  readonly dot: Dot;
  readonly what: string;
}

/** So many of these members answer. */
type Quorum = Pick<ReplicaSet, 'members' | 'read'>;
interface PhaseSets {
  readonly reads: ReplicaSet;
  readonly old: ReplicaSet;
  readonly next: ReplicaSet;
}
/** Copies that are not there. */
type Without = (member: Incarnation, key: Key) => boolean;

export class CopyJudge {
  private readonly accuse: Accuse;
  private readonly site: Site;
  private readonly acknowledged: Acknowledged[] = [];
  /** Keys whose tombstones may be collected within the schedule: their contexts may vanish lawfully. */
  private readonly collectable = new Set<string>();

  constructor(accuse: Accuse, site: Site) {
    this.accuse = accuse;
    this.site = site;
  }

  mayCollect(key: string): void {
    this.collectable.add(key);
  }

  /** The coordinator vouches for the write now. */
  vouched(
    coordinator: Incarnation,
    document: RingDocument,
    key: Key,
    context: Vector,
    what: string,
  ): void {
    const dot = ownDot(coordinator, context);
    if (dot === null)
      return this.accuse('R3', `${what} was acknowledged without a dot of its coordinator`);
    const slot = slotOf(key, document.slotBits);
    this.acknowledged.push({ key, slot, dot, what });
    // A hint may stand for a copy, until it is too old: counted for the budget, and not judged.
    if (document.mode === 'sloppy') return;
    for (const set of slotSets(document, slot).writes) {
      const holders = set.members.filter(
        (member) => this.holds(member, key, dot) || this.gaveUp(member, document, slot),
      );
      if (holders.length >= set.write) continue;
      const phase = `epoch ${document.epoch} ${document.phase}`;
      this.accuse(
        'I3',
        `${what} acknowledged by ${coordinator} at ${phase} with ${holders.length} durable copies (${holders.join(' ')}) ` +
          `in {${set.members.join(' ')}} of slot ${slot}, ${set.write} needed`,
      );
    }
  }

  /** It lives under a newer document that takes the slot from it: what it held it may have dropped. */
  private gaveUp(member: Incarnation, document: RingDocument, slot: Slot): boolean {
    const newer =
      this.site.homes.get(member)?.adopted ?? this.site.volumeOf(member)?.durable.document ?? null;
    return (
      newer !== null &&
      newer.epoch > document.epoch &&
      !slotSets(newer, slot).everyone.includes(member)
    );
  }

  private holds(member: Incarnation, key: Key, dot: Dot): boolean {
    const object = this.site.volumeOf(member)?.durable.find(key) ?? null;
    return object !== null && coversDot(object.context, dot);
  }

  /** True where some quorum of the set may miss the write without these copies. */
  private mayMiss(
    { key, dot }: Acknowledged,
    { members, read }: Quorum,
    without: Without,
  ): boolean {
    const answering = members.filter((member) => !without(member, key));
    const missing = answering.filter((member) => !this.holds(member, key, dot));
    return missing.length >= read || missing.length === answering.length;
  }

  /**
   * True where every acknowledged write stays readable from these sets without the member's copies (of
   * one key, or all). A write that may have been collected counts as long as the member holds it.
   */
  spares(setOf: (slot: Slot) => Quorum, own: Incarnation, keyText: string | null): boolean {
    const without: Without = (member, key) =>
      member === own && (keyText === null || key.text === keyText);
    return this.acknowledged.every((one) => {
      const { key, slot, dot } = one;
      const set = setOf(slot);
      if (this.collectable.has(key.text) && !(without(own, key) && this.holds(own, key, dot)))
        return true;
      return !this.mayMiss(one, set, without);
    });
  }

  /** R8: what a loser deletes, each new owner holds, unless its store was rolled back after it said so. */
  judgeErased(
    loser: Incarnation,
    document: RingDocument,
    slot: Slot,
    records: readonly KeyRecord[],
  ): void {
    const { everyone } = slotSets(document, slot);
    if (everyone.includes(loser)) return;
    for (const owner of everyone) {
      const volume = this.site.volumeOf(owner);
      if (volume === undefined || this.site.lost.has(owner) || this.site.rolledBack.has(owner))
        continue;
      for (const { key, object } of records) {
        if (this.collectable.has(key.text) || volume.durable.corrupt.has(key.text)) continue;
        const held = volume.durable.find(key);
        if (held !== null && covers(held.context, object.context)) continue;
        return this.accuse(
          'R8',
          `${loser} deleted ${key.text} of slot ${slot}, which it lost, before the new owner ` +
            `${owner} held it durably (epoch ${document.epoch})`,
        );
      }
    }
  }

  /** I1 as a statement about states: whoever a quorum read may ask under this document, one of them holds it. */
  judgeReadable(document: RingDocument, when: string): void {
    const isDamaged = (member: Incarnation, key: Key): boolean =>
      this.site.volumeOf(member)?.durable.corrupt.has(key.text) === true;
    const without: Without = (member, key) => this.site.lost.has(member) || isDamaged(member, key);
    for (const one of this.acknowledged) {
      const { key, slot, dot, what } = one;
      if (this.collectable.has(key.text)) continue;
      const { reads, writes } = slotSets(document, slot);
      if (!this.mayMiss(one, reads, without)) continue;
      const sets = { reads, old: writes[0]!, next: writes.at(-1)! };
      if (document.phase === 'read-new' && this.goesBack(one, sets, without)) continue;
      if (document.phase === 'read-new' && this.healsFromOld(one, sets, without)) continue;
      if (document.phase === 'write-both' && this.goesForward(one, sets, without)) continue;
      return this.accuse(
        'I1',
        `${when}: ${what} (dot ${dot.actor} ${dot.counter}) of slot ${slot} may be missed by ${reads.read} of ` +
          `{${reads.members.join(' ')}}, which a read asks at epoch ${document.epoch} ${document.phase}`,
      );
    }
  }

  /** The old set is lost as a whole, so nobody answers for it, and the change goes on to the new one. */
  private goesForward(one: Acknowledged, { reads, next }: PhaseSets, without: Without): boolean {
    const isGone = reads.members.every((member) => this.site.lost.has(member));
    return isGone && !this.mayMiss(one, next, without);
  }

  /** No quorum of the new set is left to answer, and the change goes back to the old one. */
  private goesBack(one: Acknowledged, { reads, old }: PhaseSets, without: Without): boolean {
    const living = reads.members.filter((member) => !this.site.lost.has(member));
    return living.length < reads.read && !this.mayMiss(one, old, without);
  }

  /**
   * R9: a damaged record refuses to answer. In read-new it heals from the old set, which every write
   * satisfies until the change ends; no quorum can answer without it.
   */
  private healsFromOld(one: Acknowledged, { reads, old }: PhaseSets, without: Without): boolean {
    const isRefused = reads.members.some(
      (member) => !this.site.lost.has(member) && without(member, one.key),
    );
    const wrong = reads.members.filter(
      (member) => !without(member, one.key) && !this.holds(member, one.key, one.dot),
    );
    const asked = { members: old.members, read: old.members.length - old.write + 1 };
    return isRefused && wrong.length < reads.read && !this.mayMiss(one, asked, without);
  }
}

/** The write's dot: the coordinator's own newest entry (its newest term) in the acknowledged context. */
function ownDot(coordinator: Incarnation, context: Vector): Dot | null {
  let best: Dot | null = null;
  let bestTerm = -1;
  for (let i = 0; i < context.actors.length; i++) {
    const actor = context.actors[i]!;
    if (!actor.startsWith(`${coordinator}.`)) continue;
    const term = Number(actor.slice(coordinator.length + 1));
    if (term > bestTerm) {
      bestTerm = term;
      best = { actor, counter: context.counters[i]! };
    }
  }
  return best;
}
