// Judges acknowledgements against the disks: I3 and R2 (each write set holds W durable copies at the
// moment of the acknowledgement) and, as a statement about states, I1 (whoever a quorum read may
// ask, one of them holds it).
import type { Incarnation, Slot } from '../../../core/api/ids.ts';
import type { Dot, Key, KeyRecord, Vector } from '../../../core/api/object.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { slotSets } from '../../../core/membership/document.ts';
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

  /** The first acknowledged write that some quorum read under this document may miss; null: none. */
  missable(
    document: RingDocument,
    without: (member: Incarnation, key: Key) => boolean,
  ): string | null {
    for (const { key, slot, dot, what } of this.acknowledged) {
      if (this.collectable.has(key.text)) continue;
      const { members, read } = slotSets(document, slot).reads;
      const answering = members.filter((member) => !without(member, key));
      const missing = answering.filter((member) => !this.holds(member, key, dot));
      if (missing.length < read && missing.length < answering.length) continue;
      return (
        `${what} (dot ${dot.actor} ${dot.counter}) of slot ${slot} is not held by ${missing.join(', ')} ` +
        `of {${members.join(' ')}}; ${read} answer a read at epoch ${document.epoch} ${document.phase}`
      );
    }
    return null;
  }

  /** R8: what a loser deletes, each new owner holds. */
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
      if (volume === undefined || this.site.lost.has(owner)) continue;
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

  judgeReadable(document: RingDocument, when: string): void {
    const lost = this.missable(
      document,
      (member, key) =>
        this.site.lost.has(member) ||
        this.site.volumeOf(member)?.durable.corrupt.has(key.text) === true,
    );
    if (lost !== null) this.accuse('I1', `${when}: ${lost}`);
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
