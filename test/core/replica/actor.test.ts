import { describe, expect, test } from '@jest/globals';
import type { ClientResult } from '../../../core/api/requests.ts';
import { COUNTER_LEASE } from '../../../core/limits.ts';
import { canMakeDot, nextDot } from '../../../core/replica/actor.ts';
import { step } from '../../../core/replica/replica.ts';
import { CalmRing, putOf } from './calm-ring.ts';

const contextOf = (result: ClientResult) => (result.kind === 'written' ? result.context : null);

const drained = (ring: CalmRing) => ring.events.filter(({ event }) => event.kind === 'drained');

describe('the actor of a process (R13)', () => {
  test('a process that was killed comes back under a new term, so that no dot is used twice (riak_kv 679)', () => {
    const ring = CalmRing.of(['a']);
    expect(contextOf(ring.put('a', 'k', '1'))).toEqual({ actors: ['a.1'], counters: [1] });
    ring.restart('a');
    expect(contextOf(ring.put('a', 'other', '2'))).toEqual({ actors: ['a.2'], counters: [1] });
  });

  test('a process that stopped in order goes on with its term from its last counter', () => {
    const ring = CalmRing.of(['a']);
    ring.put('a', 'k', '1');
    ring.input('a', { kind: 'drain' });
    expect(drained(ring)).toHaveLength(1);
    ring.restart('a');
    expect(contextOf(ring.put('a', 'other', '2'))).toEqual({ actors: ['a.1'], counters: [2] });
  });

  test('the clean-stop mark serves one start only', () => {
    const ring = CalmRing.of(['a']);
    ring.input('a', { kind: 'drain' });
    ring.restart('a');
    ring.restart('a');
    expect(contextOf(ring.put('a', 'k', '1'))?.actors).toEqual(['a.2']);
  });

  test('no dot leaves a node before its term is durable', () => {
    const ring = CalmRing.of(['a', 'b', 'c']);
    const release = ring.stall(
      (node, input) => node.incarnation === 'a' && input.kind === 'stored',
    );
    ring.restart('a');
    const reply = ring.send('a', putOf('k', 'v'));
    expect(ring.asked('write')).toEqual([]);
    release();
    expect(reply()?.kind).toBe('written');
    expect(ring.asked('write').length).toBeGreaterThan(0);
  });

  test('the lease grows ahead of the counter, and no counter passes what is durable', () => {
    const ring = CalmRing.of(['a']);
    const { replica } = ring.node('a');
    for (let i = 0; i < COUNTER_LEASE; i++) nextDot(replica);
    expect(canMakeDot(replica)).toBe(false);
    const store = replica.effects.find((effect) => effect.kind === 'store');
    expect(store?.writes).toEqual([
      { kind: 'actor', actor: { term: 1, lease: 2 * COUNTER_LEASE, clean: false } },
    ]);
    step(replica, { kind: 'stored', ticket: store!.ticket }, ring.nowMs);
    expect(canMakeDot(replica)).toBe(true);
    expect(nextDot(replica).counter).toBe(COUNTER_LEASE + 1);
  });
});

describe('a drain', () => {
  test('what is in flight is finished first, and new work is refused with DRAINING', () => {
    const ring = CalmRing.of(['a', 'b', 'c']);
    const release = ring.stall(
      (node, input) => node.incarnation !== 'a' && input.kind === 'envelope',
    );
    const reply = ring.send('a', putOf('k', 'v'));
    ring.input('a', { kind: 'drain' });
    expect(ring.get('a', 'k')).toMatchObject({ kind: 'failed', code: 'DRAINING' });
    expect(drained(ring)).toEqual([]);
    release();
    expect(reply()?.kind).toBe('written');
    expect(drained(ring)).toHaveLength(1);
  });

  test('a node drains although its peers keep writing to it', () => {
    const ring = CalmRing.of(['a', 'b', 'c']);
    const sync = ring.stall('a', 'stored');
    ring.send('b', putOf('k0', 'v'));
    ring.input('a', { kind: 'drain' });
    for (let i = 1; i < 5; i++) {
      // The next write's store is under way before the last one's is done: the list is never empty.
      ring.send('b', putOf(`k${i}`, 'v'));
      sync(1);
    }
    expect(drained(ring)).toHaveLength(1);
    expect(ring.node('a').actor).toMatchObject({ clean: true });
  });
});
