import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import { FAIL_FAST_TICKS, HEDGE_TICKS } from '../../../core/limits.ts';
import { nearestFirst } from '../../../core/replica/quorum.ts';
import { CalmRing, documentOf, keyWhere, putOf, valuesAt } from './calm-ring.ts';
import { finish, readNew, towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];

const readOf = (key: string, quorum: number | null = null) =>
  ({ kind: 'read', id: putOf(key, null).id, key: putOf(key, null).key, quorum }) as const;

describe('a quorum question', () => {
  test('asks this node first, then who was heard of, then the silent', () => {
    const ring = CalmRing.of(ABC);
    ring.kill('b');
    expect(nearestFirst(ring.node('a').replica, ['b', 'c', 'a'].map(incarnation))).toEqual([
      'a',
      'c',
      'b',
    ]);
  });

  test('asks no more than R while they answer', () => {
    const ring = CalmRing.of(ABC);
    expect(ring.get('a', 'k').kind).toBe('value');
    expect(ring.asked('read')).toHaveLength(1);
  });

  test('asks the next one after a while without an answer', () => {
    const ring = CalmRing.of(ABC);
    ring.cut('a', 'b');
    const reply = ring.send('a', readOf('k'));
    ring.ticks(HEDGE_TICKS);
    expect(reply()?.kind).toBe('value');
    expect(ring.asked('read', 'c')).toHaveLength(1);
  });

  test('asks again who has not answered: frames may be lost', () => {
    const ring = CalmRing.of(ABC);
    ring.kill('c');
    const lost = ring.cut('a', 'b');
    const reply = ring.send('a', readOf('k'));
    ring.ticks(3);
    lost();
    ring.ticks(5);
    expect(reply()?.kind).toBe('value');
  });

  test('counts one replica once, however often it answers', () => {
    const ring = CalmRing.of(ABC);
    ring.cut('a', 'c');
    const reply = ring.send('a', readOf('k', 3));
    const answer = ring.asked('value', 'a')[0]!;
    ring.input('a', { kind: 'envelope', envelope: answer });
    ring.input('a', { kind: 'envelope', envelope: { ...answer, from: incarnation('c') } });
    expect(reply()).toBeUndefined();
  });

  test('gives up early where only silent replicas could complete it, naming needed and answered', () => {
    const ring = CalmRing.of(ABC);
    ring.kill('b');
    ring.kill('c');
    const reply = ring.send('a', readOf('k'));
    ring.ticks(FAIL_FAST_TICKS);
    expect(reply()).toMatchObject({ code: 'QUORUM_UNAVAILABLE', needed: 2, answered: 1 });
  });

  test('gives up at its deadline where replicas are heard of but give no word', () => {
    const ring = CalmRing.of(ABC);
    ring.lose(({ body }) => body.kind === 'read');
    expect(ring.get('a', 'k')).toMatchObject({ kind: 'failed', maybeApplied: false });
  });

  test('starts over where its set changes: answers of the old set do not count in the new one (R5)', () => {
    const ring = CalmRing.of(ABC);
    for (const name of ['d', 'e']) ring.start(name);
    const both = towards(documentOf(ABC), ['c', 'd', 'e']);
    ring.post(both);
    ring.ticks(5);
    const words = ring.stall(
      (node, input) =>
        node.incarnation === 'a' &&
        input.kind === 'envelope' &&
        input.envelope.body.kind === 'value',
    );
    const reply = ring.send('a', readOf('k'));
    const cuts = ['c', 'd', 'e'].map((name) => ring.cut('a', name));
    ring.input('a', { kind: 'document', document: readNew(both) });
    words();
    expect(reply()).toBeUndefined();
    for (const cut of cuts) cut();
    ring.ticks(10);
    expect(reply()?.kind).toBe('value');
  });
});

describe('reads across a whole change (I1)', () => {
  test('return what was acknowledged, at every phase and at every node', () => {
    const ring = CalmRing.of(ABC);
    for (const name of ['d', 'e', 'f']) ring.start(name);
    const document = documentOf(ABC);
    const key = keyWhere(document, () => true);
    ring.put('a', key, '1');
    const both = towards(document, ['d', 'e', 'f']);
    ring.post(both);
    ring.ticks(1);
    for (const name of ABC) expect(ring.values(name, key)).toEqual(['1']);
    ring.put('b', key, '2');
    ring.ticks(5);
    finish(ring, both);
    for (const name of ['d', 'e', 'f']) expect(ring.values(name, key)).toEqual(['2']);
    expect(valuesAt(ring, 'a', key)).toEqual([]);
  });
});
