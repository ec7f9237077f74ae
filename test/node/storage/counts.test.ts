// Counting a snapshot while changes are committed.
import { expect, test } from '@jest/globals';
import { SlotCounts } from '../../../node/storage/counts.ts';

test('what the snapshot shows of a slot erased meanwhile does not count, before or after it is read', () => {
  const counts = new SlotCounts(3);
  counts.found(1, 10);
  counts.found(2, 20);
  counts.erase(1);
  counts.change(1, 1, 5);
  counts.found(1, 10);
  counts.found(2, 20);
  counts.complete();
  expect([...counts.keys]).toEqual([0, 1, 2, 0, 0, 0, 0, 0]);
  expect([...counts.bytes]).toEqual([0, 5, 40, 0, 0, 0, 0, 0]);
});
