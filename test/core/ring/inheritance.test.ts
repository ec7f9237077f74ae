import { describe, expect, test } from '@jest/globals';
import { inherit, newcomersOf, NOBODY } from '../../../core/ring/inheritance.ts';
import { seat } from './rings.ts';

const FROM = {
  layout: { kind: 'flat' },
  replicationFactor: 2,
  readQuorum: 1,
  writeQuorum: 1,
  seats: [seat('a', 'z0'), seat('b', 'z0'), seat('c', 'z0')],
  owners: [Uint16Array.of(0, 1, 2, 0, 1, 2, 0, 1)],
} as const;

function inherited(names: string[], inZone = 'z0') {
  const seats = names.map((name) => seat(name, 'abc'.includes(name) ? 'z0' : inZone));
  return inherit(FROM, { seats, slots: 8, layout: 'flat', replicationFactor: 2 });
}

describe('what a claim inherits', () => {
  test('is the old ring in new seat numbers', () => {
    const { owners, sets, isWhole, isPureJoin } = inherited(['c', 'b', 'a']);
    expect([...owners!]).toEqual([2, 1, 0, 2, 1, 0, 2, 1]);
    expect([...sets].slice(0, 4)).toEqual([2, 1, 1, 0]);
    expect([isWhole, isPureJoin]).toEqual([false, true]);
  });

  test('passes a leaver’s place to a newcomer of its zone', () => {
    const heir = inherited(['a', 'b', 'x']);
    expect([...heir.owners!]).toEqual([0, 1, 2, 0, 1, 2, 0, 1]);
    expect([newcomersOf(heir), heir.isPureJoin]).toEqual([[], true]);
  });

  test('leaves it open where the newcomer is of another zone', () => {
    const stranger = inherited(['a', 'b', 'x'], 'z1');
    expect([...stranger.owners!]).toEqual([0, 1, NOBODY, 0, 1, NOBODY, 0, 1]);
    expect([newcomersOf(stranger), stranger.isPureJoin]).toEqual([[2], false]);
  });
});
