// Judges ring documents as they are stored and adopted: I2 (one per epoch, epochs grow), I4 (no
// phase left before its barrier), I9 (each is one ring), I10 (a join moves little).
import type { ChangeId, Epoch, Incarnation, Slot } from '../../../core/api/ids.ts';
import type { Assignment, RingDocument } from '../../../core/api/ring-document.ts';
import { checkDocument, documentHash, slotSets } from '../../../core/membership/document.ts';
import { replicaSet } from '../../../core/ring/ring.ts';
import type { Accuse } from './violation.ts';

/** What the judge may ask of the world: the epoch that an incarnation's disk surely holds. */
export type DurableEpoch = (incarnation: Incarnation) => Epoch;

/** Below so many slots whole slots decide, not the claim's quality. */
const BALANCED_SLOTS_MIN = 512;

export class DocumentJudge {
  private readonly accuse: Accuse;
  private readonly durableEpoch: DurableEpoch;
  private readonly hashes = new Map<number, string>();
  private readonly adoptedEpochs = new Map<Incarnation, number>();
  /** Highest epoch that was acknowledged while the disk surely held it. */
  private readonly acknowledged = new Map<Incarnation, number>();
  /** Changes that went back from read-new: an abort of one waits for its barrier. */
  private readonly retreated = new Set<ChangeId>();
  /** Ring changes begun. */
  changes = 0;

  constructor(accuse: Accuse, durableEpoch: DurableEpoch) {
    this.accuse = accuse;
    this.durableEpoch = durableEpoch;
  }

  stored(document: RingDocument, before: RingDocument | null): void {
    const isKnown = this.hashes.has(document.epoch);
    this.judgeIdentity(document, 'stored');
    if (before !== null && document.epoch < before.epoch) {
      this.accuse('I2', `the store went from epoch ${before.epoch} back to ${document.epoch}`);
    }
    // A known one is stored again where the store had been restored to an older one.
    if (before !== null && document.epoch > before.epoch && !isKnown)
      this.judgeStep(before, document);
  }

  adopted(own: Incarnation, document: RingDocument): void {
    this.judgeIdentity(document, `adopted by ${own}`);
    const before = this.adoptedEpochs.get(own) ?? 0;
    if (document.epoch < before)
      this.accuse('I2', `${own} went from epoch ${before} back to ${document.epoch}`);
    this.adoptedEpochs.set(own, document.epoch);
    const known = this.acknowledged.get(own) ?? 0;
    if (document.epoch > known && this.durableEpoch(own) >= document.epoch)
      this.acknowledged.set(own, document.epoch);
  }

  /**
   * Its disk came back older under the same name, and only its peers can tell (R9): it goes on from the
   * epoch that is on it now, and any later step back is its own. What it had acknowledged stays said: an
   * operator who heard it may act on it.
   */
  rolledBack(own: Incarnation, to: Epoch): void {
    this.adoptedEpochs.set(own, to);
  }

  private judgeIdentity(document: RingDocument, how: string): void {
    const hash = documentHash(document);
    const known = this.hashes.get(document.epoch);
    if (known === undefined) {
      this.hashes.set(document.epoch, hash);
      for (const wrong of checkDocument(document))
        this.accuse('I9', `epoch ${document.epoch} ${how}: ${wrong}`);
    } else if (known !== hash) {
      this.accuse(
        'I2',
        `epoch ${document.epoch} ${how} has hash ${hash}, another one had ${known}`,
      );
    }
  }

  private judgeStep(before: RingDocument, after: RingDocument): void {
    const begins = before.phase === 'stable' && after.phase === 'write-both';
    if (begins) this.changes++;
    const retreats = before.phase === 'read-new' && after.phase === 'write-both';
    if (retreats && before.change !== null) this.retreated.add(before.change.id);
    const aborts =
      before.phase === 'write-both' &&
      after.phase === 'stable' &&
      !(before.change !== null && this.retreated.has(before.change.id));
    if (before.phase !== after.phase && !aborts && !retreats) this.judgeBarrier(before, after);
    if (begins && after.next !== null) this.judgeMovement(before.current, after.next);
  }

  /**
   * R5: at most min(W, R) − 1 members of each replica set may be missing; lost ones count as there. A
   * store that was rolled back after its member acknowledged is a lost one (R9), found out later.
   */
  private judgeBarrier(before: RingDocument, after: RingDocument): void {
    const missing = new Set<Incarnation>();
    for (const member of before.members) {
      const isLost =
        member.lost || after.members.some((m) => m.incarnation === member.incarnation && m.lost);
      const { incarnation } = member;
      const known = Math.max(
        this.durableEpoch(incarnation),
        this.acknowledged.get(incarnation) ?? 0,
      );
      if (!isLost && known < before.epoch) missing.add(incarnation);
    }
    if (missing.size === 0) return;
    for (let slot: Slot = 0; slot < 1 << before.slotBits; slot++) {
      const sets = slotSets(before, slot);
      for (const set of [...sets.writes, sets.reads]) {
        const absent = set.members.filter((member) => missing.has(member));
        if (absent.length <= Math.min(set.read, set.write) - 1) continue;
        return this.accuse(
          'I4',
          `epoch ${after.epoch} ${after.phase} was stored while ${absent.join(', ')} of ` +
            `slot ${slot} had not acknowledged epoch ${before.epoch} ${before.phase}`,
        );
      }
    }
  }

  private judgeMovement(from: Assignment, to: Assignment): void {
    const old = new Set(from.seats.map((seat) => seat.incarnation));
    const now = new Set(to.seats.map((seat) => seat.incarnation));
    const onlyJoins = [...old].every((seat) => now.has(seat)) && now.size > old.size;
    // A zone that comes shifts the zones of other slots: no bound is promised (decision 0001).
    const isLike =
      from.replicationFactor === to.replicationFactor &&
      from.layout.kind === to.layout.kind &&
      zonesOf(from) === zonesOf(to);
    const slots = from.owners[0]!.length;
    if (!onlyJoins || !isLike || old.size < from.replicationFactor || slots < BALANCED_SLOTS_MIN)
      return;
    let moved = 0;
    let between = 0;
    for (let slot = 0; slot < slots; slot++) {
      const had = replicaSet(from, slot);
      for (const member of replicaSet(to, slot)) {
        if (had.includes(member)) continue;
        moved++;
        if (old.has(member)) between++;
      }
    }
    const least = (slots * to.replicationFactor * (now.size - old.size)) / now.size;
    if (between > 0) this.accuse('I10', `a join moved ${between} slots between old members`);
    if (to.layout.kind === 'flat' && moved > 1.05 * least + now.size) {
      this.accuse('I10', `a join moved ${moved} slots, the least is ${least}`);
    }
  }
}

function zonesOf({ seats }: Assignment): string {
  return [...new Set(seats.map((seat) => seat.zone))].sort().join();
}
