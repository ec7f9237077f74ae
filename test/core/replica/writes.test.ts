import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import {
  COUNTER_LEASE,
  LINGER_TICKS,
  RESEND_TICKS,
  SETTLE_TICKS,
  SIBLINGS_MAX,
} from '../../../core/limits.ts';
import { CalmRing, documentOf, heldAt, keyWhere, putOf, valuesAt } from './calm-ring.ts';
import { towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];

describe('a write is acknowledged (R2)', () => {
  test('only once W replicas hold it durably, the coordinator included', () => {
    const ring = CalmRing.of(ABC);
    const syncs = ABC.map((name) => ring.stall(name, 'stored'));
    const reply = ring.send('a', putOf('k', 'v'));
    syncs[1]!();
    expect(reply()).toBeUndefined();
    syncs[0]!();
    expect(reply()?.kind).toBe('written');
  });

  test('by a re-send that changed nothing only once the first copy is synced', () => {
    const ring = CalmRing.of(ABC);
    ring.cut('a', 'c');
    const sync = ring.stall('b', 'stored');
    const reply = ring.send('a', putOf('k', 'v'));
    ring.ticks(RESEND_TICKS + 1);
    expect(ring.asked('write', 'b').length).toBeGreaterThan(1);
    expect(ring.asked('stored').filter(({ from }) => from === 'b')).toEqual([]);
    expect(reply()).toBeUndefined();
    sync();
    expect(reply()?.kind).toBe('written');
  });

  test('inside the old and the new set: two copies in one of them are not enough (I3)', () => {
    const before = documentOf(ABC);
    const ring = CalmRing.of(ABC);
    for (const name of ['d', 'e']) ring.start(name);
    const both = towards(before, ['c', 'd', 'e']);
    ring.post(both);
    for (const [one, other] of [
      ['a', 'd'],
      ['a', 'e'],
      ['b', 'd'],
      ['b', 'e'],
    ])
      ring.cut(one!, other!);
    ring.cut('c', 'd');
    ring.cut('c', 'e');
    // a, b and c hold it: three copies of the old set, one of the new one.
    expect(ring.put('a', 'k', 'v')).toMatchObject({
      code: 'QUORUM_UNAVAILABLE',
      needed: 2,
      answered: 1,
      maybeApplied: true,
    });
    expect(ring.put('c', 'l', 'v')).toMatchObject({
      code: 'QUORUM_UNAVAILABLE',
      needed: 2,
      answered: 1,
    });
  });

  test('again under a new document: copies are counted afresh, the dot stays (R3, R5)', () => {
    const ring = CalmRing.of(ABC);
    for (const name of ['d', 'e']) ring.start(name);
    const acks = ring.stall((node, input) => node.incarnation === 'a' && input.kind === 'envelope');
    const reply = ring.send('a', putOf('k', 'v'));
    ring.post(towards(documentOf(ABC), ['a', 'd', 'e']), ['b', 'c', 'd', 'e']);
    ring.post(towards(documentOf(ABC), ['a', 'd', 'e']), ['a']);
    const dots = new Set(
      ring
        .asked('write')
        .map(({ body }) =>
          body.kind === 'write' ? JSON.stringify(body.object.siblings.map(({ dot }) => dot)) : '',
        ),
    );
    acks();
    ring.ticks(10);
    expect(reply()?.kind).toBe('written');
    expect(dots.size).toBe(1);
    expect(valuesAt(ring, 'd', 'k')).toEqual(['v']);
  });

  test('by nobody who acknowledged it in an older phase: it is asked again (R5)', () => {
    const ring = CalmRing.of(ABC);
    ring.start('d');
    const toC = ring.cut('a', 'c');
    const reply = ring.send('a', putOf('k', 'v', { quorum: 3 }));
    expect(valuesAt(ring, 'b', 'k')).toEqual(['v']);
    toC();
    const toB = ring.cut('a', 'b');
    ring.post(towards(documentOf(ABC), ['a', 'b', 'd']));
    expect([valuesAt(ring, 'c', 'k'), valuesAt(ring, 'd', 'k')]).toEqual([['v'], ['v']]);
    expect(reply()).toBeUndefined();
    toB();
    ring.ticks(RESEND_TICKS + 1);
    expect(reply()?.kind).toBe('written');
  });
});

describe('a write without a context (protocol §5)', () => {
  test('is one round where nobody holds anything that the coordinator has not seen', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', '1');
    expect(ring.put('a', 'k', '2')).toMatchObject({ context: { counters: [2] } });
  });

  test('takes a second dot that covers the reports and the first dot', () => {
    const ring = CalmRing.of(ABC);
    const link = ring.cut('a', 'b');
    const other = ring.cut('a', 'c');
    ring.put('b', 'k', 'old');
    link();
    other();
    expect(ring.put('a', 'k', 'new')).toMatchObject({
      context: { actors: ['a.1', 'b.1'], counters: [2, 1] },
    });
    for (const name of ABC) expect(ring.values(name, 'k')).toEqual(['new']);
  });

  test('ignores answers to the first dot that come late, in the second round', () => {
    const ring = CalmRing.of(ABC);
    const links = [ring.cut('a', 'b'), ring.cut('a', 'c')];
    ring.put('b', 'k', 'old');
    for (const link of links) link();
    const late = ring.stall(
      (node, input) =>
        node.incarnation === 'a' &&
        input.kind === 'envelope' &&
        input.envelope.from === 'c' &&
        input.envelope.body.kind === 'stored',
    );
    const loads = ring.stall('a', 'loaded');
    const reply = ring.send('a', putOf('k', 'new'));
    loads();
    const second = ring.stall('a', 'loaded');
    late();
    second();
    ring.ticks(SETTLE_TICKS + 1);
    expect(reply()).toMatchObject({
      kind: 'written',
      context: { actors: ['a.1', 'b.1'], counters: [2, 1] },
    });
    expect(ring.values('b', 'k')).toEqual(['new']);
  });

  test('counts no answer to the first dot as a copy of the second', () => {
    const ring = CalmRing.of(ABC);
    const links = [ring.cut('a', 'b'), ring.cut('a', 'c')];
    ring.put('b', 'k', 'old');
    ring.node('c').records.delete('k');
    for (const link of links) link();
    const late = ring.stall(
      (node, input) =>
        node.incarnation === 'a' &&
        input.kind === 'envelope' &&
        input.envelope.from === 'c' &&
        input.envelope.body.kind === 'stored',
    );
    const loads = ring.stall('a', 'loaded');
    const reply = ring.send('a', putOf('k', 'new'));
    loads(1);
    ring.lose(({ body }) => body.kind === 'write');
    loads();
    expect(heldAt(ring, 'a', 'k')?.context.counters).toEqual([2, 1]);
    late();
    expect(reply()).toBeUndefined();
  });

  test('covers only what was learned before its dot: a report that comes after the second dot leaves siblings', () => {
    const ring = CalmRing.of(ABC);
    const links = ring.lose(({ body }) => body.kind === 'write' || body.kind === 'compare');
    // Nobody acknowledged these two, whose coordinators died: they are not what the write must replace.
    for (const [name, value] of [
      ['b', 'left'],
      ['c', 'right'],
    ] as const) {
      ring.send(name, putOf('k', value));
      ring.restart(name);
    }
    ring.ticks(5);
    links();
    const late = ring.stall((node, { kind }) => node.incarnation === 'c' && kind === 'envelope');
    const reply = ring.send('a', putOf('k', 'new'));
    expect(reply()?.kind).toBe('written');
    late();
    expect(ring.values('c', 'k')).toEqual(['new', 'right']);
  });

  test('with W=1 the second round waits for all whose word is needed', () => {
    const ring = CalmRing.of(ABC, {}, { readQuorum: 3, writeQuorum: 1 });
    const links = [ring.cut('a', 'b'), ring.cut('a', 'c'), ring.cut('b', 'c')];
    expect(ring.put('b', 'k', 'at b').kind).toBe('written');
    expect(ring.put('c', 'k', 'at c').kind).toBe('written');
    for (const link of links) link();
    const word = ring.stall((node, input) => node.incarnation === 'c' && input.kind === 'envelope');
    const reply = ring.send('a', putOf('k', 'new'));
    word();
    ring.ticks(1);
    expect(reply()?.kind).toBe('written');
    expect(ring.values('a', 'k')).toEqual(['new']);
  });

  test('settles for W answers after a while and may leave siblings', () => {
    const ring = CalmRing.of(ABC, {}, { writeQuorum: 1, readQuorum: 3 });
    ring.cut('a', 'b');
    ring.cut('a', 'c');
    const reply = ring.send('a', putOf('k', 'v'));
    expect(reply()).toBeUndefined();
    ring.ticks(SETTLE_TICKS);
    expect(reply()?.kind).toBe('written');
  });
});

describe('a write that fails', () => {
  test('says that it may have been applied once a dot was made, and not before', () => {
    const ring = CalmRing.of(ABC);
    ring.cut('a', 'b');
    ring.cut('a', 'c');
    expect(ring.put('a', 'k', 'v')).toMatchObject({
      code: 'QUORUM_UNAVAILABLE',
      needed: 2,
      answered: 1,
      maybeApplied: true,
    });
    expect(ring.put('a', 'k', 'v')).toMatchObject({
      code: 'QUORUM_UNAVAILABLE',
      maybeApplied: false,
    });
  });

  test('names a disk that is full for a put, while a delete goes on', () => {
    const ring = CalmRing.of(ABC);
    ring.put('a', 'k', 'v');
    ring.input('a', { kind: 'disk', full: true, freeBytes: 0 });
    expect(ring.put('a', 'k', 'w')).toMatchObject({ code: 'DISK_FULL', maybeApplied: false });
    expect(ring.put('a', 'k', null).kind).toBe('written');
    expect(ring.values('b', 'k')).toEqual([]);
  });

  test('is refused by two full disks of three, and passes with one', () => {
    const ring = CalmRing.of(ABC);
    ring.input('b', { kind: 'disk', full: true, freeBytes: 0 });
    expect(ring.put('a', 'k', 'v').kind).toBe('written');
    ring.input('c', { kind: 'disk', full: true, freeBytes: 0 });
    expect(ring.put('a', 'k', 'w')).toMatchObject({ code: 'DISK_FULL', maybeApplied: true });
  });

  test('names too many siblings where a context covers none of them', () => {
    const ring = CalmRing.of(['a']);
    const context = { actors: [], counters: [] };
    for (let i = 0; i < SIBLINGS_MAX; i++)
      expect(ring.put('a', 'k', `${i}`, { context }).kind).toBe('written');
    expect(ring.put('a', 'k', 'one more', { context })).toMatchObject({
      code: 'TOO_MANY_SIBLINGS',
      maybeApplied: false,
    });
    expect(ring.put('a', 'k', 'all').kind).toBe('written');
  });
});

describe('a store that was put back (R9; riak_kv 679)', () => {
  test('a coordinator whose counter lies below what a replica reports halts', () => {
    const ring = CalmRing.of(ABC);
    ring.input('a', { kind: 'drain' });
    const disk = ring.diskOf('a');
    ring.restart('a');
    for (let i = 0; i < 4; i++) ring.put('a', 'k', `${i}`);
    ring.restart('a', disk);
    expect(ring.node('a').actor?.lease).toBe(COUNTER_LEASE);
    const result = ring.send('a', putOf('k', 'lost?'))();
    expect(ring.halted).toHaveLength(1);
    expect(result).toBeUndefined();
  });
});

describe('sloppy mode', () => {
  const sloppy = { mode: 'sloppy' } as const;
  const names = ['a', 'b', 'c', 'd', 'e'];

  test('a hint at a fallback counts, and is delivered to whom it was meant for', () => {
    const ring = CalmRing.of(names, sloppy);
    const document = documentOf(names);
    const key = keyWhere(document, ({ everyone }) =>
      ['a', 'b', 'c'].every((m) => everyone.includes(incarnation(m))),
    );
    ring.kill('b');
    ring.kill('c');
    expect(ring.put('a', key, 'v').kind).toBe('written');
    expect([...ring.node('d').hints.keys(), ...ring.node('e').hints.keys()]).not.toEqual([]);
    ring.restart('b');
    ring.restart('c');
    ring.ticks(60);
    for (const name of ['b', 'c']) expect(valuesAt(ring, name, key)).toEqual(['v']);
  });

  test('in strict mode no hint counts', () => {
    const ring = CalmRing.of(names);
    const key = keyWhere(documentOf(names), ({ everyone }) =>
      ['a', 'b', 'c'].every((m) => everyone.includes(incarnation(m))),
    );
    ring.kill('b');
    ring.kill('c');
    expect(ring.put('a', key, 'v')).toMatchObject({
      code: 'QUORUM_UNAVAILABLE',
      maybeApplied: false,
    });
    ring.ticks(LINGER_TICKS + 1);
    expect(heldAt(ring, 'a', key)).toBeNull();
  });

  test('the second round asks its stand-ins again', () => {
    const ring = CalmRing.of(names, sloppy, { writeQuorum: 3, readQuorum: 1 });
    const key = keyWhere(documentOf(names), ({ everyone }) =>
      ['a', 'b', 'c'].every((m) => everyone.includes(incarnation(m))),
    );
    const links = ['b', 'c', 'd', 'e'].map((name) => ring.cut('a', name));
    ring.send('b', putOf(key, 'old'));
    for (const link of links) link();
    ring.ticks(1);
    ring.kill('c');
    expect(ring.put('a', key, 'new').kind).toBe('written');
    const hints = ['d', 'e'].flatMap((name) => [
      ...(ring.node(name).hints.get(incarnation('c'))?.values() ?? []),
    ]);
    const newest = heldAt(ring, 'a', key)!;
    expect(hints.map(({ hint }) => hint.object.context)).toContainEqual(newest.context);
  });
});
