// Background comparison of replicas by digest trees (Dynamo 2007 §4.7), until they are equal (I8):
// equal slots cost one question for many; of unequal ones only the differing leaves are exchanged.
import type { Incarnation, Slot } from '../api/ids.ts';
import type { Key, KeyRecord } from '../api/object.ts';
import type { KeyDigests, SlotLeaves, SlotRoot } from '../api/messages.ts';
import { defined } from '../assert.ts';
import { COMPARE_SLOTS, COMPARE_TICKS, PAGE_BYTES, PAGE_RECORDS } from '../limits.ts';
import { slotSets } from '../membership/document.ts';
import { differingLeaves, leafRange, rootOf } from '../version/digest.ts';
import { recordBytes } from '../version/record-bytes.ts';
import { objectDigest } from '../version/siblings.ts';
import { mergeIn } from './cells.ts';
import { tally } from './counters.ts';
import { knownDigest, withDigest } from './digests.ts';
import type { Mismatch, Replica } from './state.ts';
import { ask, isServing, scanSlot } from './state.ts';

/** Now and then compares some slots with one of the peers that hold them too. */
export function tickAntiEntropy(r: Replica): void {
  if (r.comparing || !isServing(r) || r.tick % COMPARE_TICKS !== 0) return;
  const peers = r.suspicion.heardOf();
  if (peers.length === 0) return;
  const peer = peers[r.rng.below(peers.length)]!;
  const shared = nextShared(r, peer);
  if (shared.length === 0) return;
  r.comparing = true;
  withDigests(r, shared, () =>
    compareWith(
      r,
      peer,
      shared.filter((slot) => knownDigest(r, slot) !== null),
    ),
  );
}

/** Slots that reads ask both of us for, going round the ring. A slot in motion is the handoff's. */
function nextShared(r: Replica, peer: Incarnation): Slot[] {
  const document = defined(r.document, 'a document');
  const slots = 1 << document.slotBits;
  // What differed last time comes first: whether it lasts is known within a moment, not after a round.
  const shared: Slot[] = [...(r.mismatches.get(peer)?.keys() ?? [])].slice(0, COMPARE_SLOTS / 2);
  for (let seen = 0; seen < slots && shared.length < COMPARE_SLOTS; seen++) {
    const slot = r.compareCursor;
    r.compareCursor = (r.compareCursor + 1) % slots;
    const { members } = slotSets(document, slot).reads;
    const both = members.includes(peer) && members.includes(r.incarnation);
    if (both && !shared.includes(slot)) shared.push(slot);
  }
  return shared;
}

function withDigests(r: Replica, slots: readonly Slot[], then: () => void): void {
  let open = slots.length;
  for (const slot of slots)
    withDigest(r, slot, () => {
      if (--open === 0) then();
    });
}

function compareWith(r: Replica, peer: Incarnation, slots: readonly Slot[]): void {
  const roots: SlotRoot[] = slots.map((slot) => ({
    slot,
    ...rootOf(knownDigest(r, slot)!.leaves),
  }));
  ask(
    r,
    peer,
    (call) => ({ kind: 'compare', call, roots }),
    (answer) => {
      r.comparing = false;
      if (answer?.kind !== 'compared') return;
      tally(r, 'anti-entropy-sessions');
      tally(r, 'digest-mismatches', answer.unequal.length);
      for (const slot of answer.equal) r.mismatches.get(peer)?.delete(slot);
      for (const leaves of answer.unequal) {
        note(r, peer, leaves);
        settle(r, peer, leaves);
      }
    },
  );
}

/**
 * A write that one replica has and the other not yet makes any busy slot differ for a moment. Only what
 * differs twice running in the same two digests of a leaf is a mismatch that does not heal by itself.
 */
function note(r: Replica, peer: Incarnation, { slot, leaves: theirs }: SlotLeaves): void {
  const own = knownDigest(r, slot)?.leaves.slice();
  if (own === undefined) return;
  const ofPeer = r.mismatches.get(peer) ?? new Map<Slot, Mismatch>();
  r.mismatches.set(peer, ofPeer);
  const before = ofPeer.get(slot);
  const same = (leaf: number): boolean =>
    before !== undefined &&
    !differingLeaves(before.own, own).includes(leaf) &&
    !differingLeaves(before.theirs, theirs).includes(leaf);
  ofPeer.set(slot, { own, theirs, lasts: differingLeaves(own, theirs).some(same) });
}

/** Slots that differ from a co-replica's and did not change since the comparison before. */
export function lastingMismatches(r: Replica): number {
  const slots = new Set<Slot>();
  for (const ofPeer of r.mismatches.values()) {
    for (const [slot, { lasts }] of ofPeer) if (lasts) slots.add(slot);
  }
  return slots.size;
}

function settle(r: Replica, peer: Incarnation, { slot, leaves }: SlotLeaves): void {
  const digest = knownDigest(r, slot);
  if (digest === null) return;
  const differing = differingLeaves(digest.leaves, leaves);
  tally(r, 'differing-leaves', differing.length);
  for (const leaf of differing) exchange(r, { peer, slot, leaf }, null);
}

interface Exchange {
  readonly peer: Incarnation;
  readonly slot: Slot;
  readonly leaf: number;
}

/** The keys of one leaf: after an empty key at its start, up to an empty key at the next one's start. */
export function leafBounds(
  r: Replica,
  slot: Slot,
  leaf: number,
): { after: Key; until: Key | null } {
  const { from, until } = leafRange(slot, leaf, defined(r.document, 'a document').slotBits);
  const end = until === 0xffffffff ? null : { text: '', high: until + 1, low: 0 };
  return { after: { text: '', high: from, low: 0 }, until: end };
}

function exchange(r: Replica, what: Exchange, after: Key | null): void {
  const { peer, slot, leaf } = what;
  const bounds = leafBounds(r, slot, leaf);
  const range = {
    slot,
    after: after ?? bounds.after,
    until: bounds.until,
    limit: PAGE_RECORDS,
    bytesMax: PAGE_BYTES,
  };
  scanSlot(r, range, (page) => {
    r.corrupt.push(...page.corrupt);
    const held = digestsOf(page.records);
    const until = page.next ?? bounds.until;
    ask(
      r,
      peer,
      (call) => ({ kind: 'exchange', call, slot, leaf, after: range.after, until, held }),
      (answer) => {
        if (answer?.kind !== 'exchanged') return;
        tally(r, 'anti-entropy-bytes-in', bytesOf(answer.records));
        for (const { key, object } of answer.records) mergeIn(r, key, object, () => undefined);
        const wanted = new Set(answer.wanted.map((key) => key.text));
        const records: KeyRecord[] = page.records.filter(({ key }) => wanted.has(key.text));
        tally(r, 'anti-entropy-bytes-out', bytesOf(records));
        if (records.length > 0)
          ask(
            r,
            peer,
            (call) => ({ kind: 'push', call, slot, records }),
            () => undefined,
          );
        if (page.next !== null) exchange(r, what, page.next);
      },
    );
  });
}

function bytesOf(records: readonly KeyRecord[]): number {
  return records.reduce((sum, { key, object }) => sum + recordBytes(key, object), 0);
}

/** The keys of records with the digests of what is held of them. */
export function digestsOf(records: readonly KeyRecord[]): KeyDigests {
  const digests = new Uint32Array(records.length * 2);
  records.forEach(({ key, object }, i) => {
    const { high, low } = objectDigest(key, object);
    digests[i * 2] = high;
    digests[i * 2 + 1] = low;
  });
  return { keys: records.map(({ key }) => key), digests };
}
