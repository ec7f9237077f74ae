import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { QUESTION_TICKS } from '../../../core/limits.ts';
import { finishChange } from '../../../core/membership/change.ts';
import { markLost, postFullBarrier } from '../../../core/membership/upkeep.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { CalmRing, documentOf, heldAt, valuesAt } from './calm-ring.ts';
import { edit, readNew, stamp, towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];
const unclean = (ring: CalmRing, name: string) => reportOf(ring.node(name).replica).uncleanSlots;

/** {a, b, c} → {b, c, d} is over: a lost every slot, with k in one of them, and has not cleaned up. */
function lost(): { ring: CalmRing; stable: RingDocument } {
  const ring = CalmRing.of(ABC);
  ring.start('d');
  ring.put('a', 'k', 'v');
  const both = towards(documentOf(ABC), ['b', 'c', 'd']);
  ring.post(both);
  ring.ticks(5);
  const read = readNew(both);
  ring.post(read);
  const stable = edit(finishChange(read, stamp(read)));
  ring.post(stable);
  return { ring, stable };
}

describe('a loser (R8)', () => {
  test('keeps its records until the full barrier holds', () => {
    const { ring, stable } = lost();
    ring.ticks(30);
    expect(valuesAt(ring, 'a', 'k')).toEqual(['v']);
    ring.post(postFullBarrier(stable));
    ring.ticks(5);
    expect(ring.node('a').records.size).toBe(0);
    expect(unclean(ring, 'a')).toBe(0);
  });

  test('pushes what a new owner lacks before it deletes', () => {
    const { ring, stable } = lost();
    ring.lose(({ from, body }) => from !== 'a' && body.kind === 'compare');
    ring.node('d').records.delete('k');
    ring.restart('d');
    ring.post(postFullBarrier(stable));
    ring.ticks(10);
    expect(heldAt(ring, 'a', 'k')).toBeNull();
    expect(valuesAt(ring, 'd', 'k')).toEqual(['v']);
  });

  test('deletes only once what it pushed is durable at the owner (R2)', () => {
    const { ring, stable } = lost();
    ring.lose(({ from, body }) => from !== 'a' && body.kind === 'compare');
    ring.node('d').records.delete('k');
    ring.restart('d');
    ring.post(postFullBarrier(stable));
    const sync = ring.stall('d', 'stored');
    ring.ticks(10);
    expect(valuesAt(ring, 'a', 'k')).toEqual(['v']);
    sync();
    ring.ticks(10);
    expect(heldAt(ring, 'a', 'k')).toBeNull();
  });

  test('keeps a slot whose push was not answered', () => {
    const { ring, stable } = lost();
    ring.lose(
      ({ from, body }) => (from !== 'a' && body.kind === 'compare') || body.kind === 'push',
    );
    ring.node('d').records.delete('k');
    ring.restart('d');
    ring.post(postFullBarrier(stable));
    ring.ticks(QUESTION_TICKS + 5);
    expect(valuesAt(ring, 'a', 'k')).toEqual(['v']);
    expect(unclean(ring, 'a')).toBe(1);
  });

  test('waits for an owner that is silent', () => {
    const { ring, stable } = lost();
    ring.kill('d');
    ring.post(postFullBarrier(stable));
    ring.ticks(30);
    expect(valuesAt(ring, 'a', 'k')).toEqual(['v']);
    ring.restart('d');
    ring.ticks(20);
    expect(heldAt(ring, 'a', 'k')).toBeNull();
  });

  test('does not wait for an owner that is lost, whose place is rebuilt from the others', () => {
    const { ring, stable } = lost();
    ring.kill('d');
    ring.post(postFullBarrier(edit(markLost(stable, [incarnation('d')], stamp(stable)))));
    ring.ticks(10);
    expect(heldAt(ring, 'a', 'k')).toBeNull();
  });

  test('erases what holds nothing without asking anybody', () => {
    const { ring, stable } = lost();
    ring.post(postFullBarrier(stable));
    ring.ticks(5);
    expect(ring.asked('compare').filter(({ from }) => from === 'a').length).toBeLessThanOrEqual(3);
  });

  test('goes on after a restart', () => {
    const { ring, stable } = lost();
    ring.restart('a');
    expect(unclean(ring, 'a')).toBeGreaterThan(0);
    ring.post(postFullBarrier(stable));
    ring.ticks(10);
    expect(ring.node('a').records.size).toBe(0);
    ring.restart('a');
    expect(unclean(ring, 'a')).toBe(0);
  });

  test('takes no late write into a slot that it cleans up', () => {
    const { ring, stable } = lost();
    const object = heldAt(ring, 'a', 'k')!;
    const late = ring.asked('write', 'b')[0]!;
    ring.post(postFullBarrier(stable));
    ring.ticks(5);
    const key = ring.node('b').records.get('k')!.key;
    for (const body of [
      { kind: 'push', call: 1, slot: 0, records: [{ key, object }] } as const,
      { kind: 'write', call: 2, key, object } as const,
    ]) {
      ring.input('a', {
        kind: 'envelope',
        envelope: {
          ...late,
          from: incarnation('b'),
          to: incarnation('a'),
          epoch: epoch(stable.epoch),
          documentHash: reportOf(ring.node('b').replica).documentHash,
          body,
        },
      });
      expect(ring.sent.at(-1)?.body).toMatchObject({ kind: 'refused', code: 'NOT_A_REPLICA' });
    }
    expect(heldAt(ring, 'a', 'k')).toBeNull();
  });

  test('is not asked to hand a slot back to itself, nor deletes what it owns again (Riak 2.1.0)', () => {
    const { ring, stable } = lost();
    const back = towards(
      { ...stable, members: stable.members.map((m) => ({ ...m, state: 'serving' })) },
      ABC,
      'back',
    );
    ring.post(postFullBarrier(back));
    ring.ticks(10);
    expect(unclean(ring, 'a')).toBe(0);
    expect(valuesAt(ring, 'a', 'k')).toEqual(['v']);
    const asked = ring.asked('pull', 'a').filter(({ from }) => from === 'a');
    expect(asked).toEqual([]);
  });
});
