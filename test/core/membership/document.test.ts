import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation, zone } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { abortChange, enterReadNew } from '../../../core/membership/change.ts';
import {
  checkDocument,
  isNewer,
  memberOf,
  readSet,
  setsDiffer,
  slotSets,
  writeSets,
} from '../../../core/membership/document.ts';
import { after, begun, edit, founded } from './founded.ts';

const ABC = ['a', 'b', 'c'];
const BCD = ['b', 'c', 'd'];

describe('the sets of a slot (protocol §3)', () => {
  const stable = founded(ABC);
  const writeBoth = begun(ABC, BCD);
  const readNew = edit(enterReadNew(writeBoth, after(writeBoth)));
  const aborted = edit(abortChange(writeBoth, after(writeBoth)));

  test('are old; old and new, read old; old and new, read new; and old again after an abort', () => {
    const table = [stable, writeBoth, readNew, aborted].map((document) => ({
      writes: writeSets(document, 0).map((set) => [...set].sort()),
      reads: [...readSet(document, 0)].sort(),
    }));
    expect(table).toEqual([
      { writes: [ABC], reads: ABC },
      { writes: [ABC, BCD], reads: ABC },
      { writes: [ABC, BCD], reads: BCD },
      { writes: [ABC], reads: ABC },
    ]);
  });

  test('name everyone once, those that reads ask first', () => {
    expect([...slotSets(readNew, 0).everyone].sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(slotSets(readNew, 0).everyone.slice(0, 3)).toEqual(slotSets(readNew, 0).reads.members);
  });

  test('take the smaller of the quorum and the size of the set', () => {
    expect(slotSets(founded(['a']), 3).reads).toMatchObject({ members: ['a'], read: 1, write: 1 });
    expect(slotSets(founded(['a', 'b']), 3).reads).toMatchObject({ read: 2, write: 2 });
  });

  test('are one where the change leaves the slot alone', () => {
    const joining = begun(['a', 'b', 'c', 'e'], ['a', 'b', 'c', 'd', 'e']);
    const slots = Array.from({ length: 16 }, (_, slot) => slot);
    const alone = slots.filter(
      (slot) => !slotSets(joining, slot).everyone.includes(incarnation('d')),
    );
    expect(alone.length).toBeGreaterThan(0);
    for (const slot of alone) expect(writeSets(joining, slot)).toHaveLength(1);
  });

  test('differ between two phases for a coordinator, but not between two epochs of one phase (R4)', () => {
    const later = { ...writeBoth, epoch: epoch(9) };
    expect(setsDiffer(slotSets(writeBoth, 0), slotSets(later, 0))).toBe(false);
    for (const [one, other] of [
      [stable, writeBoth],
      [writeBoth, readNew],
      [writeBoth, aborted],
    ] as const) {
      expect(setsDiffer(slotSets(one, 0), slotSets(other, 0))).toBe(true);
    }
  });

  test('differ where only a quorum does', () => {
    const other = { ...stable, current: { ...stable.current, writeQuorum: 3 } };
    expect(setsDiffer(slotSets(stable, 0), slotSets(other, 0))).toBe(true);
  });
});

describe('of two documents', () => {
  const document = founded(ABC);

  test('the one with the higher epoch is newer, or with more progress in the same one', () => {
    expect(isNewer(document, null)).toBe(true);
    expect(isNewer({ ...document, epoch: epoch(2) }, document)).toBe(true);
    expect(isNewer(document, { ...document, epoch: epoch(2) })).toBe(false);
    expect(
      isNewer({ ...document, progress: { sinceMs: 0, fullBarrier: epoch(1) } }, document),
    ).toBe(true);
    expect(isNewer(document, document)).toBe(false);
  });

  test('a later wall clock makes none newer', () => {
    expect(
      isNewer({ ...document, progress: { ...document.progress, sinceMs: 99 } }, document),
    ).toBe(false);
  });
});

test('a member is found by its incarnation', () => {
  const document = founded(ABC);
  expect(memberOf(document, incarnation('b'))?.id).toBe('dev-b');
  expect(memberOf(document, incarnation('x'))).toBeUndefined();
});

describe('a document that is no ring (I9)', () => {
  const stable = founded(ABC);
  const { current } = stable;
  const two = founded(['a', 'b']);

  const wrongs: [string, RingDocument, RegExp][] = [
    ['epoch 0', { ...stable, epoch: epoch(0) }, /epoch 0 is below 1/],
    ['a phase without its next ring', { ...stable, phase: 'write-both' }, /does not fit next/],
    ['a next ring without a phase', { ...stable, next: current }, /does not fit next/],
    [
      'an incarnation that stands twice',
      { ...stable, members: [...stable.members, stable.members[0]!] },
      /stands twice/,
    ],
    [
      'a seat without a member',
      { ...stable, members: stable.members.slice(1) },
      /seats a, no member/,
    ],
    ['no seats', { ...stable, current: { ...current, seats: [] } }, /has no seats/],
    [
      'an owner without a seat',
      { ...stable, current: { ...current, seats: current.seats.slice(1) } },
      /owner without a seat/,
    ],
    [
      'too few owner arrays',
      { ...stable, current: { ...current, owners: [] } },
      /has 0 owner arrays, not 1/,
    ],
    ['another number of slots', { ...stable, slotBits: 5 }, /has 16 slots, not 32/],
    [
      'slots that are no power of two',
      { ...stable, current: { ...current, owners: [current.owners[0]!.slice(1)] } },
      /does not own each slot once/,
    ],
    [
      'one zone where there are two',
      {
        ...two,
        current: {
          ...two.current,
          replicationFactor: 2,
          layout: { kind: 'zoned', zones: [zone('z'), zone('y')] },
        },
      },
      /has 1 owner arrays, not 2/,
    ],
    ['a write quorum of none', { ...stable, current: { ...current, writeQuorum: 0 } }, /./],
    ['a read quorum of none', { ...stable, current: { ...current, readQuorum: 0 } }, /./],
    ['no replicas', { ...stable, current: { ...current, replicationFactor: 0 } }, /./],
    [
      'one incarnation in two seats',
      {
        ...stable,
        current: { ...current, seats: [current.seats[0]!, current.seats[0]!, current.seats[2]!] },
      },
      /./,
    ],
  ];

  test.each(wrongs)('with %s is found out', (_, document, words) => {
    expect(checkDocument(document).join('; ')).toMatch(words);
  });

  test('is never what the edits make', () => {
    for (const document of [stable, two, begun(ABC, BCD), begun(ABC, ['a'])])
      expect(checkDocument(document)).toEqual([]);
  });
});
