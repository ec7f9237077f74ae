// The judge is judged: documents stored one after the other, and what the disks of their members hold.
import { describe, expect, test } from '@jest/globals';
import {
  changeId,
  clusterId,
  epoch,
  incarnation,
  nodeId,
  zone,
  type Epoch,
  type Incarnation,
} from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { DATA_LIMITS } from '../../../core/limits.ts';
import { beginChange, bootstrap, type Joiner } from '../../../core/membership/change.ts';
import { enterReadNew } from '../../../core/membership/change.ts';
import type { Edit } from '../../../core/membership/edit.ts';
import { DocumentJudge } from './documents.ts';

const quorums = { replicationFactor: 3, readQuorum: 2, writeQuorum: 2 };
const joiner = (name: string): Joiner => ({
  id: nodeId(name),
  incarnation: incarnation(name),
  address: `${name}:1`,
  zone: zone('local'),
});
const made = (edit: Edit): RingDocument => {
  if (edit.kind === 'refused') throw new Error(edit.why);
  return edit.document;
};

const stable = made(
  bootstrap(
    {
      ...quorums,
      clusterId: clusterId('judged'),
      members: ['a', 'b', 'c'].map(joiner),
      slotBits: 3,
      mode: 'strict',
      conflicts: 'siblings',
      limits: DATA_LIMITS,
    },
    { nowMs: 0, epoch: epoch(1) },
  ),
);
const writeBoth = made(
  beginChange(
    stable,
    {
      ...quorums,
      id: changeId('grow'),
      summary: 'join d',
      seats: [...stable.current.seats, { incarnation: incarnation('d'), zone: zone('local') }],
      joiners: [joiner('d')],
    },
    { nowMs: 0, epoch: epoch(2) },
  ),
);
const readNew = made(enterReadNew(writeBoth, { nowMs: 0, epoch: epoch(3) }));

/** A judge who has seen write-both stored, and the disks that it looks at. */
function judging(): { judge: DocumentJudge; disks: Map<Incarnation, Epoch>; accused: string[] } {
  const disks = new Map<Incarnation, Epoch>();
  const accused: string[] = [];
  const judge = new DocumentJudge(
    (invariant) => accused.push(invariant),
    (own) => disks.get(own) ?? epoch(0),
  );
  judge.stored(stable, null);
  for (const { incarnation: own } of stable.members) disks.set(own, epoch(1));
  judge.stored(writeBoth, stable);
  return { judge, disks, accused };
}

describe('a phase is left before its barrier (I4)', () => {
  test('where too many of a set hold the epoch before on their disks', () => {
    const { judge, disks, accused } = judging();
    for (const name of ['a', 'd']) disks.set(incarnation(name), epoch(2));
    judge.stored(readNew, writeBoth);
    expect(accused).toEqual(['I4']);
  });

  test('where a member adopted the epoch that its disk does not hold yet', () => {
    const { judge, disks, accused } = judging();
    for (const name of ['a', 'd']) disks.set(incarnation(name), epoch(2));
    for (const name of ['a', 'b', 'c', 'd']) judge.adopted(incarnation(name), writeBoth);
    judge.stored(readNew, writeBoth);
    expect(accused).toEqual(['I4']);
  });

  test('but not where a store was rolled back after its member had acknowledged (R9)', () => {
    const { judge, disks, accused } = judging();
    for (const { incarnation: own } of writeBoth.members) {
      disks.set(own, epoch(2));
      judge.adopted(own, writeBoth);
    }
    for (const name of ['b', 'c']) {
      disks.set(incarnation(name), epoch(1));
      judge.rolledBack(incarnation(name), epoch(1));
    }
    judge.stored(readNew, writeBoth);
    expect(accused).toEqual([]);
  });
});

test('two documents of one epoch are told apart by their hashes (I2)', () => {
  const { judge, accused } = judging();
  judge.adopted(incarnation('a'), { ...stable, epoch: epoch(2) });
  expect(accused).toEqual(['I2']);
});

test('a disk that came back older excuses one step back of its member, and no later one (I2)', () => {
  const { judge, accused } = judging();
  const own = incarnation('a');
  judge.adopted(own, readNew);
  judge.rolledBack(own, epoch(1));
  judge.adopted(own, writeBoth);
  judge.adopted(own, readNew);
  expect(accused).toEqual([]);
  judge.adopted(own, writeBoth);
  expect(accused).toEqual(['I2']);
});

test('a member that goes below the epoch to which its disk was taken back is accused (I2)', () => {
  const { judge, accused } = judging();
  const own = incarnation('a');
  judge.adopted(own, readNew);
  judge.rolledBack(own, epoch(2));
  judge.adopted(own, stable);
  expect(accused).toEqual(['I2']);
});
