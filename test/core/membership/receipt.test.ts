import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation } from '../../../core/api/ids.ts';
import { proveDeparture } from '../../../core/membership/receipt.ts';
import { abortChange } from '../../../core/membership/change.ts';
import { markLost, postFullBarrier } from '../../../core/membership/upkeep.ts';
import { after, begun, edit, finished, wordOf } from './founded.ts';

const done = postFullBarrier(finished(['a', 'b', 'c', 'd'], ['a', 'b', 'c']));

describe('a receipt (R8, I6)', () => {
  test('is bound to incarnation, volume, change and its final epoch', () => {
    expect(proveDeparture(done, wordOf('d', done))).toEqual({
      kind: 'receipt',
      receipt: { id: 'dev-d', incarnation: 'd', change: 'change', epoch: 4, volume: 'volume-d' },
    });
  });

  test.each([
    ['a slot that is not handed over', 'clean-up', { uncleanSlots: 1 }],
    [
      'hints that are not delivered (R11)',
      'hints',
      { hints: { items: 1, bytes: 9, oldestAgeMs: 5 } },
    ],
    ['a word from before the final epoch', 'document', { epoch: epoch(3) }],
    ['a word under another document', 'document', { documentHash: 'other' }],
  ])('is not given for %s', (_, what, word) => {
    expect(proveDeparture(done, wordOf('d', done, word))).toMatchObject({ kind: 'pending', what });
  });

  test('is not given before the full barrier of the final epoch', () => {
    const early = { ...done, progress: { ...done.progress, fullBarrier: epoch(3) } };
    expect(proveDeparture(early, wordOf('d', early))).toMatchObject({
      kind: 'pending',
      what: 'barrier',
    });
  });

  test('is not given to who has a seat', () => {
    expect(proveDeparture(done, wordOf('a', done))).toMatchObject({
      kind: 'pending',
      what: 'seat',
    });
  });

  test('is not given while a change is under way', () => {
    const writing = begun(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
    expect(proveDeparture(writing, wordOf('d', writing))).toMatchObject({
      kind: 'pending',
      what: 'seat',
    });
  });

  test('waits while a successor is lost: its slots would have fewer than N live copies', () => {
    const marked = postFullBarrier(edit(markLost(done, [incarnation('b')], after(done))));
    expect(proveDeparture(marked, wordOf('d', marked))).toMatchObject({
      kind: 'pending',
      what: 'successors',
    });
  });

  test('is given to the joiner of an aborted change, whatever it still holds', () => {
    const writing = begun(['a', 'b', 'c'], ['a', 'b', 'c', 'd']);
    const aborted = postFullBarrier(edit(abortChange(writing, after(writing))));
    const word = wordOf('d', aborted, {
      uncleanSlots: 3,
      hints: { items: 1, bytes: 9, oldestAgeMs: 5 },
    });
    expect(proveDeparture(aborted, word)).toMatchObject({
      kind: 'receipt',
      receipt: { incarnation: 'd', epoch: 3 },
    });
  });
});
