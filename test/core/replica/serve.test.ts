import { describe, expect, test } from '@jest/globals';
import { changeId, epoch, incarnation } from '../../../core/api/ids.ts';
import type { PeerMessage } from '../../../core/api/messages.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { keyOf, slotOf } from '../../../core/ring/hash.ts';
import { SLOT_BITS } from './calm-disk.ts';
import { CalmRing, documentOf, keyWhere, putOf, valuesAt } from './calm-ring.ts';
import { towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];

/** What b answers to a question of a's, planned under this epoch. */
function answer(
  ring: CalmRing,
  body: PeerMessage,
  planned = 1,
  names = ['a', 'b'] as const,
): unknown {
  const [from, to] = names;
  const before = ring.sent.length;
  const held = reportOf(ring.node(to).replica);
  ring.input(to, {
    kind: 'envelope',
    envelope: {
      from: incarnation(from),
      to: incarnation(to),
      epoch: epoch(planned),
      documentHash: planned === held.epoch ? held.documentHash : 'an older one',
      clock: 0,
      body,
      about: null,
    },
  });
  return ring.sent
    .slice(before)
    .find(({ from: sender, body: sent }) => sender === to && 'call' in sent)?.body;
}

function aQuestionOfEachKind(ring: CalmRing, key: string): PeerMessage[] {
  const slot = slotOf(keyOf(key), SLOT_BITS);
  const object = ring.node('a').records.get(key)!.object;
  const none = { keys: [], digests: new Uint32Array(0) };
  return [
    { kind: 'read', call: 1, key: keyOf(key) },
    { kind: 'write', call: 2, key: keyOf(key), object },
    { kind: 'push', call: 3, slot, records: [{ key: keyOf(key), object }] },
    { kind: 'pull', call: 4, change: changeId('x'), slots: [slot], after: null },
    { kind: 'compare', call: 5, roots: [{ slot, high: 0, low: 0 }] },
    { kind: 'exchange', call: 6, slot, leaf: 0, after: null, until: null, held: none },
    { kind: 'collect', call: 7, slot, tombstones: none },
    { kind: 'list', call: 8, slot, after: null, prefix: '', limit: 10 },
  ];
}

describe('a replica refuses', () => {
  test('every kind of question about a slot that it does not hold (R4)', () => {
    const ring = CalmRing.of([...ABC, 'd']);
    const key = keyWhere(
      documentOf([...ABC, 'd']),
      ({ reads }) =>
        reads.members.includes(incarnation('a')) && !reads.members.includes(incarnation('b')),
    );
    ring.put('a', key, 'v');
    for (const question of aQuestionOfEachKind(ring, key)) {
      expect(answer(ring, question)).toMatchObject({ kind: 'refused', code: 'NOT_A_REPLICA' });
    }
  });

  test('every kind of question that was planned before its slot was altered (R4)', () => {
    const ring = CalmRing.of(ABC);
    for (const name of ['d', 'e', 'f']) ring.start(name);
    ring.put('a', 'k', 'v');
    ring.post(towards(documentOf(ABC), ['d', 'e', 'f']));
    for (const question of aQuestionOfEachKind(ring, 'k')) {
      const given = answer(ring, question, 1);
      const stale = question.kind === 'compare' ? 'NOT_A_REPLICA' : 'STALE_EPOCH';
      expect([question.kind, given]).toEqual([
        question.kind,
        expect.objectContaining({ kind: 'refused', code: stale }),
      ]);
    }
  });

  test('to stream for another change than the one under way (R6)', () => {
    const ring = CalmRing.of(ABC);
    ring.start('d');
    ring.post(towards(documentOf(ABC), ['b', 'c', 'd'], 'x'));
    for (const [change, kind] of [
      ['x', 'page'],
      ['another', 'refused'],
    ] as const) {
      expect(
        answer(
          ring,
          { kind: 'pull', call: 1, change: changeId(change), slots: [0], after: null },
          2,
        ),
      ).toMatchObject({ kind });
    }
  });

  test('everything once the ring is split (I2)', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', 'v');
    ring.input('b', { kind: 'document', document: { ...documentOf(ABC), mode: 'sloppy' } });
    expect(reportOf(ring.node('b').replica)).toMatchObject({ splitRing: true, serving: false });
    expect(answer(ring, { kind: 'read', call: 1, key: keyOf('k') })).toMatchObject({
      kind: 'refused',
    });
    expect(ring.get('b', 'k')).toMatchObject({ code: 'NOT_SERVING' });
  });

  test('an envelope that was meant for another incarnation, without a word', () => {
    const ring = CalmRing.of(ABC);
    const before = ring.sent.length;
    ring.input('b', {
      kind: 'envelope',
      envelope: {
        from: incarnation('a'),
        to: incarnation('b-of-old'),
        epoch: epoch(1),
        documentHash: reportOf(ring.node('b').replica).documentHash,
        clock: 0,
        body: { kind: 'read', call: 1, key: keyOf('k') },
        about: null,
      },
    });
    expect(ring.sent.length).toBe(before);
  });

  test('a put while its disk is full, but takes deletes, repair and streams', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', 'v');
    ring.node('b').records.delete('k');
    ring.restart('b');
    ring.input('b', { kind: 'disk', full: true, freeBytes: 0 });
    const { object } = ring.node('a').records.get('k')!;
    expect(answer(ring, { kind: 'write', call: 1, key: keyOf('k'), object })).toMatchObject({
      code: 'DISK_FULL',
    });
    const slot = slotOf(keyOf('k'), SLOT_BITS);
    const records = [{ key: keyOf('k'), object }];
    expect(answer(ring, { kind: 'push', call: 2, slot, records })).toMatchObject({
      kind: 'stored',
    });
    expect(valuesAt(ring, 'b', 'k')).toEqual(['v']);
    expect(
      answer(ring, {
        kind: 'hold',
        call: 3,
        target: incarnation('c'),
        sinceMs: ring.nowMs,
        record: records[0]!,
      }),
    ).toMatchObject({ code: 'DISK_FULL' });
  });
});

describe('an exchange', () => {
  test('gives what the asker lacks and asks for what this replica lacks', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', 'v');
    const key = keyOf('k');
    const slot = slotOf(key, SLOT_BITS);
    const leaf = (key.high << SLOT_BITS) >>> 28;
    const none = { keys: [], digests: new Uint32Array(0) };
    expect(
      answer(ring, { kind: 'exchange', call: 1, slot, leaf, after: null, until: null, held: none }),
    ).toMatchObject({ records: [{ key: { text: 'k' } }], wanted: [] });
    const other = { keys: [key], digests: new Uint32Array([1, 2]) };
    expect(
      answer(ring, {
        kind: 'exchange',
        call: 2,
        slot,
        leaf,
        after: null,
        until: null,
        held: other,
      }),
    ).toMatchObject({ records: [{ key: { text: 'k' } }], wanted: [{ text: 'k' }] });
  });
});

test('a write handed to a node that reads do not ask is refused, not coordinated', () => {
  const ring = CalmRing.of([...ABC, 'd']);
  const key = keyWhere(
    documentOf([...ABC, 'd']),
    ({ reads }) => !reads.members.includes(incarnation('b')),
  );
  const { life } = ring.node('b').replica;
  const request = putOf(key, 'v');
  expect(answer(ring, { kind: 'coordinate', call: 1, life, request })).toMatchObject({
    code: 'NOT_A_REPLICA',
  });
});
