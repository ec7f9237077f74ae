// What a replica counts: each number moves with what it names, and with nothing else.
import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import {
  COUNTERS,
  countOf,
  newCounts,
  tally,
  tallyHandoff,
} from '../../../core/replica/counters.ts';
import { oneMemberRing } from '../../node/one-member-ring.ts';

describe('counters', () => {
  test('start at zero, each with a place of its own', () => {
    const counts = newCounts();
    COUNTERS.forEach((counter, i) => tally({ counts }, counter, i + 1));
    expect(COUNTERS.map((counter) => countOf(counts, counter))).toEqual(
      COUNTERS.map((_, i) => i + 1),
    );
    expect(COUNTERS.map((counter) => countOf(newCounts(), counter))).toEqual(COUNTERS.map(() => 0));
  });

  test('count one where no number is given', () => {
    const counts = newCounts();
    tally({ counts }, 'read-ok');
    tally({ counts }, 'read-ok');
    expect(countOf(counts, 'read-ok')).toBe(2);
  });

  test('tell streams apart by the state of the member at the other end', () => {
    const [known, gone] = ['aa', 'bb'].map((pair) => incarnation(pair.repeat(8)));
    const r = { counts: newCounts(), document: oneMemberRing(known!) };
    tallyHandoff(r, 'in', { peer: known!, keys: 2, bytes: 30 });
    tallyHandoff(r, 'out', { peer: gone!, keys: 1, bytes: 7 });
    expect(countOf(r.counts, 'handoff-keys-in-serving')).toBe(2);
    expect(countOf(r.counts, 'handoff-bytes-in-serving')).toBe(30);
    expect(countOf(r.counts, 'handoff-bytes-out-left')).toBe(7);
    expect(countOf(r.counts, 'handoff-keys-out-serving')).toBe(0);
  });
});
