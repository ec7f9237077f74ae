// Virtual time runs forward, and what was asked for first at one instant happens first.
import { expect, test } from '@jest/globals';
import { fc } from '../properties.ts';
import { EventQueue } from './queue.ts';

test('events happen in the order of their times, equal times in the order they were asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 60 }), (delays) => {
      const queue = new EventQueue();
      const happened: [number, number][] = [];
      delays.forEach((delay, i) => {
        queue.after(delay, () => happened.push([delay, i]));
      });
      while (queue.next(Infinity));
      const expected = delays
        .map((delay, i): [number, number] => [delay, i])
        .sort(([a, i], [b, j]) => a - b || i - j);
      expect(happened).toEqual(expected);
    }),
  );
});

test('nothing happens after the time asked for', () => {
  const queue = new EventQueue();
  let happened = 0;
  queue.after(5, () => {
    happened++;
    queue.after(5, () => {
      happened++;
    });
  });
  while (queue.next(9));
  expect([happened, queue.nowMs, queue.length]).toEqual([1, 5, 1]);
});
