import { describe, expect, test } from '@jest/globals';
import { reportOf } from '../../../core/replica/replica.ts';
import { CalmRing, heldAt } from './calm-ring.ts';

const ABC = ['a', 'b', 'c'];

describe('a ring of three', () => {
  test('a value put at one node is read at every other', () => {
    const ring = CalmRing.of(ABC);
    expect(ring.put('a', 'k', 'v').kind).toBe('written');
    for (const name of ABC) expect(ring.values(name, 'k')).toEqual(['v']);
  });

  test('an unknown key reads as no value', () => {
    expect(CalmRing.of(ABC).get('b', 'nothing')).toMatchObject({ kind: 'value', siblings: [] });
  });

  test('a put without a context replaces what another node acknowledged', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', '1');
    ring.put('b', 'k', '2');
    ring.put('c', 'k', '3');
    expect(ring.values('a', 'k')).toEqual(['3']);
  });

  test('two puts that read the same context become siblings, a third that saw both settles them', () => {
    const ring = CalmRing.of(ABC);
    const first = ring.put('a', 'k', '0');
    const context = first.kind === 'written' ? first.context : null;
    ring.put('a', 'k', 'left', { context });
    ring.put('b', 'k', 'right', { context });
    expect(ring.values('c', 'k')).toEqual(['left', 'right']);
    const read = ring.get('c', 'k');
    ring.put('b', 'k', 'one', { context: read.kind === 'value' ? read.context : null });
    expect(ring.values('a', 'k')).toEqual(['one']);
  });

  test('a deleted key reads as no value and stays deleted when a replica comes back (I7)', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', 'v');
    ring.ticks(20);
    ring.kill('c');
    expect(ring.put('a', 'k', null).kind).toBe('written');
    ring.boot(ring.node('c'));
    ring.ticks(100);
    expect(ring.values('c', 'k')).toEqual([]);
    expect(heldAt(ring, 'c', 'k')?.siblings[0]?.value).toBeNull();
  });

  test('with one replica down writes go on and it is caught up by a hint', () => {
    const ring = CalmRing.of(ABC);
    ring.kill('b');
    expect(ring.put('a', 'k', 'v').kind).toBe('written');
    ring.ticks(15);
    expect(
      reportOf(ring.node('a').replica).hints.items + reportOf(ring.node('c').replica).hints.items,
    ).toBe(1);
    ring.boot(ring.node('b'));
    ring.ticks(40);
    expect(heldAt(ring, 'b', 'k')?.siblings).toHaveLength(1);
    expect(
      reportOf(ring.node('a').replica).hints.items + reportOf(ring.node('c').replica).hints.items,
    ).toBe(0);
  });

  test('with two replicas down a write is refused and names needed and answered', () => {
    const ring = CalmRing.of(ABC);
    ring.kill('b');
    ring.kill('c');
    expect(ring.put('a', 'k', 'v')).toMatchObject({
      kind: 'failed',
      code: 'QUORUM_UNAVAILABLE',
      needed: 2,
      answered: 1,
      maybeApplied: false,
    });
    expect(ring.get('a', 'k')).toMatchObject({
      kind: 'failed',
      code: 'QUORUM_UNAVAILABLE',
      needed: 2,
      answered: 1,
    });
  });

  test('create fails where the key lives, and If-Match fails on another version', () => {
    const ring = CalmRing.of(ABC);
    expect(ring.put('b', 'k', '1', { condition: { kind: 'absent' } }).kind).toBe('written');
    expect(ring.put('c', 'k', '2', { condition: { kind: 'absent' } })).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    const read = ring.get('a', 'k');
    const etags = read.kind === 'value' ? [read.etag] : [];
    expect(ring.put('a', 'k', '2', { condition: { kind: 'matches', etags } }).kind).toBe('written');
    expect(ring.put('a', 'k', '3', { condition: { kind: 'matches', etags } })).toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
    expect(ring.values('b', 'k')).toEqual(['2']);
  });
});
