import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation } from '../../../core/api/ids.ts';
import { HEARTBEAT_TICKS, LINGER_TICKS, OPERATIONS_MAX } from '../../../core/limits.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { CalmRing, documentOf, keyWhere, putOf, valuesAt } from './calm-ring.ts';
import { towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];
const ABCD = [...ABC, 'd'];
/** A key that d does not hold. */
const AWAY = keyWhere(documentOf(ABCD), ({ reads }) => !reads.members.includes(incarnation('d')));

describe('a write that reaches a node without a replica', () => {
  test('is handed to a replica, so that only replicas make dots', () => {
    const ring = CalmRing.of(ABCD);
    const result = ring.put('d', AWAY, 'v');
    expect(result).toMatchObject({
      kind: 'written',
      context: { actors: [expect.stringMatching(/^[abc]\.1$/)] },
    });
    expect(ring.asked('coordinate')).toHaveLength(1);
  });

  test('is handed on when the first one clearly refuses', () => {
    const ring = CalmRing.of(ABCD);
    ring.input('a', { kind: 'drain' });
    expect(ring.put('d', AWAY, 'v').kind).toBe('written');
    expect(ring.asked('coordinate').length).toBeLessThanOrEqual(2);
  });

  test('is not handed to another when the first gives no word: it may have been coordinated (riak_kv 1046)', () => {
    const ring = CalmRing.of(ABCD);
    ring.lose(({ body }) => body.kind === 'coordinated');
    expect(ring.put('d', AWAY, 'v')).toMatchObject({ code: 'TIMEOUT', maybeApplied: true });
    expect(ring.asked('coordinate')).toHaveLength(1);
  });

  test('is coordinated once although its frame comes twice (riak_kv 1046, 1754)', () => {
    const ring = CalmRing.of(ABCD);
    ring.put('d', AWAY, 'old');
    const twin = ring.asked('coordinate')[0]!;
    ring.put('d', AWAY, 'new');
    ring.input(twin.to, { kind: 'envelope', envelope: twin });
    ring.ticks(5);
    expect(ring.values('a', AWAY)).toEqual(['new']);
  });

  test('is coordinated once although its frame comes again after a restart (R4)', () => {
    const ring = CalmRing.of(ABCD);
    ring.put('d', AWAY, 'old');
    const twin = ring.asked('coordinate')[0]!;
    ring.restart(twin.to);
    ring.put('d', AWAY, 'new');
    for (const kind of ['tick', 'drain'] as const) {
      ring.input(twin.to, { kind });
      ring.input(twin.to, { kind: 'envelope', envelope: twin });
      ring.ticks(5);
    }
    expect(ring.values('d', AWAY)).toEqual(['new']);
    expect(ring.asked('refused')).toEqual([]);
  });

  test('is of unknown outcome at once where its coordinator was restarted unnoticed', () => {
    const ring = CalmRing.of(ABCD);
    const quiet = ring.lose(({ body }) => body.kind === 'heartbeat');
    const found = ring.stall((_, { kind }) => kind === 'disconnected');
    for (const name of ABC) ring.restart(name);
    expect(ring.send('d', putOf(AWAY, 'v'))()).toMatchObject({
      code: 'TIMEOUT',
      maybeApplied: true,
    });
    expect(ring.values('a', AWAY)).toEqual([]);
    quiet();
    found();
  });

  test('is not handed to a process that was restarted before it has greeted', () => {
    const ring = CalmRing.of(ABCD);
    const greetings = ring.lose(({ body }) => body.kind === 'heartbeat');
    for (const name of ABC) ring.restart(name);
    const shared = keyWhere(documentOf(ABCD), ({ reads }) =>
      reads.members.includes(incarnation('d')),
    );
    // Other frames of theirs come first.
    for (const name of ABC) ring.values(name, shared);
    const reply = ring.send('d', putOf(AWAY, 'v'));
    expect(reply()).toBeUndefined();
    greetings();
    ring.ticks(HEARTBEAT_TICKS + 1);
    expect(reply()?.kind).toBe('written');
  });

  test('is handed over at once after a start: whoever is greeted greets back', () => {
    const ring = CalmRing.of(ABCD);
    ring.restart('d');
    expect(ring.send('d', putOf(AWAY, 'v'))()?.kind).toBe('written');
  });

  test('is answered 503 with needed and answered where no replica is heard of', () => {
    const ring = CalmRing.of(ABCD);
    for (const name of ABC) ring.kill(name);
    const reply = ring.send('d', putOf(AWAY, 'v'));
    ring.ticks(12);
    expect(reply()).toMatchObject({
      code: 'QUORUM_UNAVAILABLE',
      needed: 2,
      answered: 0,
      maybeApplied: false,
    });
  });
});

describe('a condition', () => {
  test('is judged for one write at a time per key, so that one of many creates wins', () => {
    const ring = CalmRing.of(ABC);
    const answers = ring.stall((node, { kind }) => node.incarnation === 'a' && kind === 'envelope');
    const replies = [1, 2, 3].map((i) =>
      ring.send('a', putOf('k', `${i}`, { condition: { kind: 'absent' } })),
    );
    answers();
    ring.ticks(20);
    expect(replies.map((reply) => reply()?.kind)).toEqual(['written', 'failed', 'failed']);
    expect(ring.values('b', 'k')).toEqual(['1']);
  });

  test('from two nodes meets at the first live replica', () => {
    const ring = CalmRing.of(ABC);
    const first = documentOf(ABC);
    const key = keyWhere(first, ({ reads }) => reads.members[0] === incarnation('a'));
    const held = ring.stall((node, { kind }) => node.incarnation === 'a' && kind === 'loaded');
    const replies = ['b', 'c'].map((name) =>
      ring.send(name, putOf(key, name, { condition: { kind: 'absent' } })),
    );
    held();
    ring.ticks(10);
    expect(replies.map((reply) => reply()?.kind).sort()).toEqual(['failed', 'written']);
  });

  test('on other keys is not held up', () => {
    const ring = CalmRing.of(ABC);
    const stuck = ring.stall((node, input) => node.incarnation === 'a' && input.kind === 'loaded');
    ring.send('a', putOf('k', '1', { condition: { kind: 'absent' } }));
    stuck();
    expect(ring.put('a', 'l', '1', { condition: { kind: 'absent' } }).kind).toBe('written');
  });

  test('that fails writes nothing', () => {
    const ring = CalmRing.of(ABC);
    expect(ring.put('a', 'k', 'v', { condition: { kind: 'matches', etags: ['*'] } })).toMatchObject(
      { code: 'PRECONDITION_FAILED' },
    );
    for (const name of ABC) expect(valuesAt(ring, name, 'k')).toEqual([]);
  });

  test('create passes over a deleted and over an expired key', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', 'v');
    ring.put('a', 'k', null);
    ring.put('a', 'l', 'v', { expiresAtMs: ring.nowMs + 100 });
    ring.ticks(2);
    for (const key of ['k', 'l'])
      expect(ring.put('b', key, 'w', { condition: { kind: 'absent' } }).kind).toBe('written');
  });

  test('leaves its key free after a failure', () => {
    const ring = CalmRing.of(ABC);
    ring.kill('b');
    ring.kill('c');
    expect(ring.put('a', 'k', 'v', { condition: { kind: 'absent' } }).kind).toBe('failed');
    ring.restart('b');
    ring.ticks(6);
    expect(ring.put('a', 'k', 'v', { condition: { kind: 'absent' } }).kind).toBe('written');
  });
});

/** As if thousands of clients waited at a: to send that many requests would take seconds. */
function leaveRoomForOne(ring: CalmRing): void {
  ring.node('a').replica.owed = OPERATIONS_MAX - 1;
}

describe('a node refuses', () => {
  test('before it has a document, with NOT_SERVING', () => {
    const ring = new CalmRing();
    ring.start('a');
    expect(ring.get('a', 'k')).toMatchObject({ code: 'NOT_SERVING' });
  });

  test('a quorum outside 1 … N', () => {
    const ring = CalmRing.of(ABC);
    for (const quorum of [0, 4, 1.5])
      expect(ring.put('a', 'k', 'v', { quorum })).toMatchObject({ code: 'BAD_QUORUM' });
    expect(ring.put('a', 'k', 'v', { quorum: 3 }).kind).toBe('written');
  });

  test('more than it can hold in flight, with OVERLOADED', () => {
    const ring = CalmRing.of(ABC);
    ring.cut('a', 'b');
    ring.cut('a', 'c');
    leaveRoomForOne(ring);
    expect(ring.send('a', putOf('last', 'v'))()).toBeUndefined();
    expect(ring.send('a', putOf('k', 'v'))()).toMatchObject({ code: 'OVERLOADED' });
  });

  test('nothing because acknowledged writes wait for a replica that gives no word', () => {
    const ring = CalmRing.of(ABC);
    ring.cut('a', 'c');
    leaveRoomForOne(ring);
    for (const key of ['k', 'l', 'm'])
      expect(ring.send('a', putOf(key, 'v'))()?.kind).toBe('written');
    ring.ticks(LINGER_TICKS + 1);
    expect(reportOf(ring.node('a').replica).hints.items).toBe(3);
  });
});

describe('a ring of another size than N', () => {
  test('of one or two members works with what it has', () => {
    for (const names of [['a'], ['a', 'b']]) {
      const ring = CalmRing.of(names);
      expect(ring.put('a', 'k', 'v').kind).toBe('written');
      expect(ring.values(names.at(-1)!, 'k')).toEqual(['v']);
    }
  });

  test('goes on while the joiner and one replica are down, once the join is aborted (scylladb 4488)', () => {
    const ring = CalmRing.of(ABC);
    ring.start('d');
    const both = towards(documentOf(ABC), ABCD);
    const key = keyWhere(
      both,
      ({ writes }) => writes.length === 2 && writes[1]!.members.includes(incarnation('b')),
    );
    ring.post(both);
    ring.kill('d');
    ring.kill('b');
    expect(ring.put('a', key, 'v')).toMatchObject({ code: 'QUORUM_UNAVAILABLE' });
    ring.post({ ...documentOf(ABC), epoch: epoch(3) }, ['a', 'c']);
    expect(ring.put('a', key, 'v').kind).toBe('written');
  });
});
