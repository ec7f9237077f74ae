import { expect, test } from '@jest/globals';
import { changeId, incarnation } from '../../../core/api/ids.ts';
import { nextAssignment } from '../../../core/membership/change.ts';
import { coverage, gainsOf, strandedSlots, uncovered } from '../../../core/membership/coverage.ts';
import { markLost } from '../../../core/membership/upkeep.ts';
import { replicaSet } from '../../../core/ring/ring.ts';
import { transfers } from '../../../core/ring/transfers.ts';
import { after, begun, edit, founded, wordOf } from './founded.ts';

const document = begun(['a', 'b', 'c'], ['a', 'b', 'c', 'd']);
const d = incarnation('d');
const owed = gainsOf(document.current, document.next!).get(d)!;
const gains = (covered: number, change = 'change') => ({
  change: changeId(change),
  needed: owed,
  covered,
  keys: 0,
  bytes: 0,
  waitingFor: 'waits for dev-a',
});

test('a joiner owes each slot that it is to merge', () => {
  expect(owed).toBeGreaterThan(0);
  expect(owed).toBe(
    transfers(document.current, document.next!).filter((t) => t.target === d).length,
  );
  expect(coverage(document, new Map())).toMatchObject([
    { member: { incarnation: 'd' }, needed: owed, covered: 0 },
  ]);
});

test('every slot must be covered before anything is read from the new ring (R7)', () => {
  const said = (covered: number) =>
    new Map([[d, wordOf('d', document, { gains: gains(covered) })]]);
  expect(uncovered(document, said(owed - 1))).toMatchObject([
    { covered: owed - 1, waitingFor: 'waits for dev-a' },
  ]);
  expect(uncovered(document, said(owed))).toEqual([]);
});

test('what was covered for another change, or said by another incarnation, counts nothing (R6)', () => {
  const other = new Map([[d, wordOf('d', document, { gains: gains(owed, 'the one before') })]]);
  expect(uncovered(document, other)).toMatchObject([{ covered: 0 }]);
  const stranger = new Map([[incarnation('x'), wordOf('x', document, { gains: gains(owed) })]]);
  expect(uncovered(document, stranger)).toMatchObject([{ covered: 0 }]);
});

test('a lost member owes nothing: its replacement will', () => {
  const marked = edit(markLost(document, [d], after(document)));
  expect(uncovered(marked, new Map())).toEqual([]);
});

test('nobody owes anything while the ring is stable', () => {
  expect(coverage(founded(['a', 'b', 'c']), new Map())).toEqual([]);
});

test('a slot is stranded where the old ring can read it and lost members keep the next one from it (I1)', () => {
  const ring = founded(['a', 'b', 'c']);
  const { seats } = ring.current;
  const next = nextAssignment(ring, { seats, replicationFactor: 1, readQuorum: 1, writeQuorum: 1 });
  const a = incarnation('a');
  const rested = Array.from({ length: 1 << ring.slotBits }, (_, slot) => slot).filter(
    (slot) => replicaSet(next, slot)[0] === a,
  );
  expect(rested.length).toBeGreaterThan(0);
  expect(strandedSlots(ring, { from: ring.current, to: next })).toEqual([]);
  expect(
    strandedSlots(edit(markLost(ring, [a], after(ring))), { from: ring.current, to: next }),
  ).toEqual(rested);
});
