import { describe, expect, test } from '@jest/globals';
import { finishChange } from '../../../core/membership/change.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { CalmRing, documentOf, valuesAt } from './calm-ring.ts';
import { edit, readNew, stamp, towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];
const ONE = { replicationFactor: 1, readQuorum: 1, writeQuorum: 1 };
const owed = (ring: CalmRing, name: string) => reportOf(ring.node(name).replica).slotsToReadBack;

/** {a, b, c} becomes {a}; a is damaged when the phase is about to be read-new. */
function shrinking(names = ['a'], quorums = ONE) {
  const ring = CalmRing.of(ABC);
  for (let i = 0; i < 20; i++) ring.put('a', `k${i}`, 'v');
  const writeBoth = towards(documentOf(ABC), names, 'x', quorums);
  ring.post(writeBoth);
  ring.ticks(5);
  ring.node('a').corrupt.add('k7');
  return { ring, read: readNew(writeBoth) };
}

describe('where the new ring promises one copy of a write (R7, R9)', () => {
  test('each slot is owed until its records were read back', () => {
    const { ring, read } = shrinking();
    ring.post(read);
    expect(owed(ring, 'a')).toBe(16);
    ring.ticks(5);
    expect(owed(ring, 'a')).toBe(0);
    expect(owed(ring, 'b')).toBe(0);
  });

  test('damage that nobody noticed is healed while the old replicas have the record', () => {
    const { ring, read } = shrinking();
    ring.post(read);
    ring.ticks(5);
    expect(ring.node('a').corrupt.size).toBe(0);
    ring.post(edit(finishChange(read, stamp(read))));
    ring.ticks(20);
    expect(valuesAt(ring, 'a', 'k7')).toEqual(['v']);
  });

  test('a slot stays owed while its damage cannot be healed', () => {
    const { ring, read } = shrinking();
    const end = ring.lose(({ from, body }) => from === 'a' && body.kind === 'read');
    ring.post(read);
    ring.ticks(60);
    expect(owed(ring, 'a')).toBeGreaterThan(0);
    end();
    ring.ticks(100);
    expect(owed(ring, 'a')).toBe(0);
    expect(ring.node('a').corrupt.size).toBe(0);
  });

  test('a process that starts in read-new reads everything back itself', () => {
    const { ring, read } = shrinking();
    const scans = ring.stall('a', 'scanned');
    ring.post(read);
    ring.ticks(1);
    scans(0);
    ring.restart('a');
    expect(owed(ring, 'a')).toBe(16);
    scans();
    ring.ticks(5);
    expect(owed(ring, 'a')).toBe(0);
  });

  test('another epoch of the same phase does not begin it again', () => {
    const { ring, read } = shrinking();
    ring.post(read);
    ring.ticks(5);
    ring.post({ ...read, epoch: stamp(read).epoch });
    expect(owed(ring, 'a')).toBe(0);
  });
});

test('where two copies stay, nothing is read back: one of them may be damaged', () => {
  const { ring, read } = shrinking(['a', 'b'], {
    replicationFactor: 2,
    readQuorum: 1,
    writeQuorum: 2,
  });
  ring.post(read);
  expect(owed(ring, 'a')).toBe(0);
});
