import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import { QUESTION_TICKS } from '../../../core/limits.ts';
import { readSet } from '../../../core/membership/document.ts';
import { markLost } from '../../../core/membership/upkeep.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { keyOf, slotOf } from '../../../core/ring/hash.ts';
import { SLOT_BITS } from './calm-disk.ts';
import { CalmRing, documentOf, putOf, valuesAt } from './calm-ring.ts';
import { edit, readNew, stamp, towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];
const KEY = keyOf('k');

/** All three hold k; a's record is damaged. */
function damaged(): CalmRing {
  const ring = CalmRing.of(ABC);
  ring.put('a', 'k', 'v');
  ring.node('a').corrupt.add('k');
  return ring;
}

const heal = (ring: CalmRing) => ring.input('a', { kind: 'damaged', keys: [KEY] });
const isDamaged = (ring: CalmRing) => ring.node('a').corrupt.has('k');

describe('a damaged record (R9)', () => {
  test('is never answered as "not found"', () => {
    const ring = damaged();
    ring.cut('a', 'b');
    const answers = ring.stall((node, { kind }) => node.incarnation === 'a' && kind === 'envelope');
    const reply = ring.send('a', { kind: 'read', id: putOf('k', null).id, key: KEY, quorum: 1 });
    expect(reply()).toBeUndefined();
    answers();
    ring.ticks(5);
    expect(reply()).toMatchObject({ kind: 'value', siblings: [{}] });
  });

  test('is refused to a peer, and named in an event', () => {
    const ring = damaged();
    ring.cut('a', 'c');
    ring.request('b', { kind: 'read', id: putOf('k', null).id, key: KEY, quorum: 3 });
    expect(ring.asked('refused', 'b')[0]?.body).toMatchObject({ code: 'CORRUPT_RECORD' });
    expect(ring.events).toContainEqual({
      at: 'a',
      event: { kind: 'corrupt-record', slot: expect.any(Number), key: 'k' },
    });
  });

  test('that a scrub found is merged from |set| − W + 1 others, under a new term (R13)', () => {
    const ring = damaged();
    heal(ring);
    expect(isDamaged(ring)).toBe(false);
    expect(valuesAt(ring, 'a', 'k')).toEqual(['v']);
    expect(ring.put('a', 'other', 'v')).toMatchObject({ context: { actors: ['a.2'] } });
  });

  test('is not replaced on the word of too few', () => {
    const ring = damaged();
    ring.kill('c');
    heal(ring);
    ring.ticks(QUESTION_TICKS + 5);
    expect(isDamaged(ring)).toBe(true);
  });

  test('is tried again after a try that failed', () => {
    const ring = damaged();
    ring.kill('c');
    heal(ring);
    ring.restart('c');
    ring.ticks(100);
    expect(isDamaged(ring)).toBe(false);
  });

  test('counts as one, however often it is found before others can heal it', () => {
    const ring = damaged();
    ring.kill('c');
    ring.ticks(20);
    const counts = new Set<number | undefined>();
    for (let tick = 0; tick < 3 * QUESTION_TICKS; tick++) {
      heal(ring);
      ring.ticks(1);
      counts.add(reportOf(ring.node('a').replica).damagedRecords);
    }
    expect([...counts]).toEqual([1]);
  });

  test('is merged from all that remain, where others are lost', () => {
    const ring = damaged();
    ring.kill('c');
    const document = documentOf(ABC);
    ring.post(edit(markLost(document, [incarnation('c')], stamp(document))), ['a', 'b']);
    heal(ring);
    expect(valuesAt(ring, 'a', 'k')).toEqual(['v']);
    expect(isDamaged(ring)).toBe(false);
  });

  test('that was replaced meanwhile is left alone: the news of a scan may be old', () => {
    const ring = damaged();
    heal(ring);
    // Acknowledged with W=1 by a alone, after the scan that met the damage.
    ring.lose(({ body }) => body.kind === 'write' || body.kind === 'compare');
    expect(
      ring.send('a', putOf('k', 'newer', { quorum: 1, context: { actors: [], counters: [] } }))()
        ?.kind,
    ).toBe('written');
    heal(ring);
    expect(valuesAt(ring, 'a', 'k')).toContain('newer');
  });

  describe('while a change runs', () => {
    const ONE = { replicationFactor: 1, readQuorum: 1, writeQuorum: 1 };

    /** From {a, b, c} to {a}, in write-both; a's record is damaged after it was covered. */
    function shrinking() {
      const ring = CalmRing.of(ABC);
      ring.put('a', 'k', 'v');
      const writeBoth = towards(documentOf(ABC), ['a'], 'x', ONE);
      ring.post(writeBoth);
      ring.ticks(5);
      ring.node('a').corrupt.add('k');
      return { ring, writeBoth };
    }

    test('is healed in read-new by the old replicas, when reads ask none of them', () => {
      const { ring, writeBoth } = shrinking();
      ring.post(readNew(writeBoth));
      expect(ring.values('a', 'k')).toEqual(['v']);
      expect(ring.events.map(({ event }) => event.kind)).not.toContain('data-loss-possible');
    });

    test('is healed in write-both by a gaining member, when no old replica is left', () => {
      const ring = CalmRing.of(['a', 'b'], {}, ONE);
      const single = documentOf(['a', 'b'], ONE);
      const isOn = (text: string) => readSet(single, slotOf(keyOf(text), SLOT_BITS))[0] === 'a';
      const key = ['k', 'l', 'm', 'n', 'o'].find(isOn)!;
      ring.put('a', key, 'v');
      const two = { replicationFactor: 2, readQuorum: 2, writeQuorum: 2 };
      ring.post(towards(single, ['a', 'b'], 'x', two));
      ring.ticks(5);
      ring.node('a').corrupt.add(key);
      ring.kill('b');
      ring.input('a', { kind: 'damaged', keys: [keyOf(key)] });
      ring.ticks(QUESTION_TICKS + 5);
      expect(ring.node('a').corrupt).toContain(key);
      ring.restart('b');
      ring.ticks(100);
      expect(valuesAt(ring, 'a', key)).toEqual(['v']);
    });
  });

  test('without any other copy is given up, with an event, rather than refused for ever', () => {
    const ring = CalmRing.of(['a']);
    ring.put('a', 'k', 'v');
    ring.node('a').corrupt.add('k');
    heal(ring);
    expect(ring.put('a', 'k', 'w').kind).toBe('written');
    expect(ring.events.map(({ event }) => event.kind)).toContain('data-loss-possible');
  });
});
