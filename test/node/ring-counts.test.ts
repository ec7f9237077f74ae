import { describe, expect, test } from '@jest/globals';
import { changeId, epoch, incarnation, nodeId, zone } from '../../core/api/ids.ts';
import type { Incarnation } from '../../core/api/ids.ts';
import type { Assignment, RingDocument } from '../../core/api/ring-document.ts';
import { claim } from '../../core/ring/claim.ts';
import { peersByState, ringSlots, slotsByState } from '../../node/ring-counts.ts';
import { oneMemberRing } from './one-member-ring.ts';

const [A, B, C, D] = ['aa', 'bb', 'cc', 'dd'].map((pair) => incarnation(pair.repeat(8))) as [
  Incarnation,
  Incarnation,
  Incarnation,
  Incarnation,
];
const seat = (id: Incarnation): { incarnation: Incarnation; zone: ReturnType<typeof zone> } => ({
  incarnation: id,
  zone: zone('z'),
});
const assign = (from: Assignment | null, ids: readonly Incarnation[]): Assignment =>
  claim({
    from,
    seats: ids.map(seat),
    slotBits: 4,
    replicationFactor: 3,
    readQuorum: 2,
    writeQuorum: 2,
  });

function ring(ids: readonly Incarnation[], changes: Partial<RingDocument> = {}): RingDocument {
  return oneMemberRing(A, {
    members: ids.map((id, i) => ({
      ...seat(id),
      id: nodeId(`dev-${i}`),
      address: `h:${i}`,
      state: 'serving',
      lost: false,
    })),
    current: assign(null, ids),
    ...changes,
  });
}

const seenBy = (
  self: Incarnation,
  silentPeers: readonly Incarnation[] = [],
): Parameters<typeof slotsByState>[1] => ({
  incarnation: self,
  silentPeers,
  uncleanSlots: 2,
  unequalSlots: 1,
});

describe('slots by state', () => {
  test('three members with three replicas hold all, and each slot has one owner', () => {
    const counts = [A, B, C].map((id) => slotsByState(ring([A, B, C]), seenBy(id)));
    expect(counts.map((count) => count.replicated)).toEqual([16, 16, 16]);
    expect(counts.reduce((sum, count) => sum + count.owned, 0)).toBe(16);
    expect(counts[0]).toMatchObject({ moving: 0, under_replicated: 0, unclean: 2, unequal: 1 });
  });

  test('a silent peer leaves every slot that it shares under-replicated', () => {
    expect(slotsByState(ring([A, B, C]), seenBy(A, [B])).under_replicated).toBe(16);
  });

  test('a lost member does the same, and two members can never hold three replicas', () => {
    const document = ring([A, B, C]);
    const members = document.members.map((member) => ({
      ...member,
      lost: member.incarnation === C,
    }));
    expect(slotsByState({ ...document, members }, seenBy(A)).under_replicated).toBe(16);
    expect(slotsByState(ring([A, B]), seenBy(A)).under_replicated).toBe(16);
  });

  test('slots move while a change runs, and a joiner replicates none before reads ask it', () => {
    const before = ring([A, B, C]);
    const next = assign(before.current, [A, B, C, D]);
    const during = {
      ...ring([A, B, C, D]),
      current: before.current,
      next,
      phase: 'write-both' as const,
      change: { id: changeId('c'), summary: 'join dev-3', began: epoch(2) },
      epoch: epoch(2),
    };
    const joiner = slotsByState(during, seenBy(D));
    expect(joiner.moving).toBeGreaterThan(0);
    expect(joiner.replicated).toBe(0);
    expect(slotsByState({ ...during, phase: 'read-new' }, seenBy(D)).replicated).toBe(
      joiner.moving,
    );
  });

  test('nothing is counted without a document', () => {
    expect(slotsByState(null, seenBy(A))).toMatchObject({
      owned: 0,
      replicated: 0,
      under_replicated: 0,
    });
  });
});

describe('slots of the whole ring', () => {
  test('one silent member of four costs its slots a copy and nobody a quorum', () => {
    const document = ring([A, B, C, D]);
    const { all, under_replicated: short, ...worse } = ringSlots(document, { silentPeers: [B] });
    expect([all, short]).toEqual([16, slotsByState(document, seenBy(B)).replicated]);
    expect(Object.values(worse)).toEqual([0, 0, 0]);
  });

  test('two silent members of three leave neither reads nor writes a quorum', () => {
    expect(ringSlots(ring([A, B, C]), { silentPeers: [B, C] })).toEqual({
      all: 16,
      under_replicated: 16,
      below_write_quorum: 16,
      below_read_quorum: 16,
      without_live_copy: 0,
    });
  });

  test('slots whose copies are all gone are seen by those who never held them', () => {
    const document = ring([A, B, C, D]);
    const counts = ringSlots(document, { silentPeers: [B, C, D] });
    const held = slotsByState(document, seenBy(A)).replicated;
    expect(counts.without_live_copy).toBe(16 - held);
    expect(counts.without_live_copy).toBeGreaterThan(0);
  });

  test('without a document there is nothing to tell', () => {
    expect(ringSlots(null, { silentPeers: [] }).all).toBe(0);
  });
});

describe('peers by state', () => {
  test('every other member is reachable, silent or lost', () => {
    const document = ring([A, B, C, D]);
    const members = document.members.map((member) => ({
      ...member,
      lost: member.incarnation === D,
    }));
    expect(peersByState({ ...document, members }, seenBy(A, [B]))).toEqual({
      reachable: 1,
      silent: 1,
      lost: 1,
    });
    expect(peersByState(null, seenBy(A))).toEqual({ reachable: 0, silent: 0, lost: 0 });
  });
});
