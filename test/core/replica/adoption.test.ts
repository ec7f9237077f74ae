import { describe, expect, test } from '@jest/globals';
import { clusterId, epoch, incarnation } from '../../../core/api/ids.ts';
import { abortChange, finishChange } from '../../../core/membership/change.ts';
import { configure, postFullBarrier } from '../../../core/membership/upkeep.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { CalmRing, documentOf, heldAt, keyWhere, putOf, valuesAt } from './calm-ring.ts';
import { edit, finish, readNew, stamp, towards } from './changes.ts';

const ABC = ['a', 'b', 'c'];
const D = incarnation('d');

const epochOf = (ring: CalmRing, name: string) => reportOf(ring.node(name).replica).epoch;

/** A ring of three in the middle of taking in d. */
function joining() {
  const ring = CalmRing.of(ABC);
  ring.start('d');
  const document = documentOf(ABC);
  const writeBoth = towards(document, [...ABC, 'd']);
  return {
    ring,
    document,
    writeBoth,
    key: keyWhere(writeBoth, ({ everyone }) => everyone.includes(D)),
  };
}

describe('a ring document', () => {
  test('is acknowledged only once it is durable', () => {
    const { ring, writeBoth } = joining();
    const sync = ring.stall('a', 'stored');
    ring.input('a', { kind: 'document', document: writeBoth });
    expect(epochOf(ring, 'a')).toBe(1);
    sync();
    expect(epochOf(ring, 'a')).toBe(2);
  });

  test('with a lower epoch, or of another ring, changes nothing (I2)', () => {
    const { ring, document, writeBoth } = joining();
    ring.post(writeBoth);
    ring.post(document);
    ring.post({ ...writeBoth, epoch: epoch(9), clusterId: clusterId('another') });
    for (const name of ABC) expect(epochOf(ring, name)).toBe(2);
  });

  test('that is no ring is not taken (I9)', () => {
    const { ring, document } = joining();
    ring.post({ ...document, epoch: epoch(2), phase: 'read-new' });
    expect(epochOf(ring, 'a')).toBe(1);
  });

  test('met while another is being stored is taken next', () => {
    const { ring, writeBoth } = joining();
    const sync = ring.stall('a', 'stored');
    ring.input('a', { kind: 'document', document: writeBoth });
    ring.input('a', { kind: 'document', document: readNew(writeBoth) });
    sync();
    expect(epochOf(ring, 'a')).toBe(3);
  });

  test('with more progress is taken in the same epoch', () => {
    const { ring, document } = joining();
    const grown = { ...document, epoch: epoch(2) };
    ring.post(grown);
    ring.post(postFullBarrier(grown));
    expect(reportOf(ring.node('a').replica).fullBarrier).toBe(2);
  });

  test('reaches a node that the operator cannot, through its peers', () => {
    const { ring, writeBoth } = joining();
    ring.post(writeBoth, ['a', 'b', 'd']);
    ring.ticks(10);
    expect(epochOf(ring, 'c')).toBe(2);
  });
});

describe('a question of an old epoch (R4)', () => {
  test('is refused at the moment of merging, when the epoch comes while the key is loaded', () => {
    const { ring, writeBoth, key } = joining();
    const load = ring.stall('b', 'loaded');
    ring.send('a', putOf(key, 'v'));
    ring.post(writeBoth, ['b']);
    load();
    expect(ring.asked('refused', 'a').at(-1)?.body).toMatchObject({ code: 'STALE_EPOCH' });
    expect(heldAt(ring, 'b', key)).toBeNull();
  });

  test('about a slot that the change leaves alone is answered', () => {
    const ring = CalmRing.of(['a', 'b', 'c', 'e']);
    ring.start('d');
    const before = documentOf(['a', 'b', 'c', 'e']);
    const writeBoth = towards(before, ['a', 'b', 'c', 'e', 'd']);
    const key = keyWhere(
      writeBoth,
      ({ writes, reads }) =>
        writes.length === 1 && ['a', 'b'].every((m) => reads.members.includes(incarnation(m))),
    );
    ring.post(writeBoth, ['b']);
    ring.send('a', putOf(key, 'v'));
    expect(valuesAt(ring, 'b', key)).toEqual(['v']);
  });

  test('makes the coordinator fetch the document and plan again, so that the write lands in both sets (I3; CASSANDRA-15439)', () => {
    const { ring, writeBoth, key } = joining();
    ring.post(writeBoth, ['b', 'c', 'd']);
    expect(ring.put('a', key, 'v').kind).toBe('written');
    expect(valuesAt(ring, 'd', key)).toEqual(['v']);
  });

  test('by a replica that is behind is not answered before it has the document', () => {
    const { ring, writeBoth, key } = joining();
    const lost = ring.lose(({ body }) => body.kind === 'fetch-document');
    ring.post(writeBoth, ['a', 'b', 'd']);
    ring.send('a', putOf(key, 'v'));
    expect(heldAt(ring, 'c', key)).toBeNull();
    lost();
    ring.ticks(6);
    expect(valuesAt(ring, 'c', key)).toEqual(['v']);
  });
});

describe('an incarnation that the document does not name (I5)', () => {
  test('answers neither replicas nor clients', () => {
    const ring = CalmRing.of(ABC);
    ring.start('x');
    ring.input('x', { kind: 'document', document: documentOf(ABC) });
    expect(ring.get('x', 'k')).toMatchObject({ code: 'NOT_SERVING' });
    ring.input('x', {
      kind: 'envelope',
      envelope: {
        ...ring.sent.at(-1)!,
        from: incarnation('a'),
        to: incarnation('x'),
        epoch: epoch(1),
        documentHash: reportOf(ring.node('a').replica).documentHash,
        body: { kind: 'read', call: 1, key: putOf('k', null).key },
      },
    });
    expect(ring.sent.at(-1)?.body).toEqual({ kind: 'refused', call: 1, code: 'NOT_A_REPLICA' });
  });

  test('fails what it coordinates as soon as it learns that it was dropped', () => {
    const { ring, writeBoth, key } = joining();
    ring.post(writeBoth);
    ring.cut('d', 'a');
    ring.cut('d', 'b');
    ring.cut('d', 'c');
    const reply = ring.send('d', {
      kind: 'read',
      id: putOf(key, null).id,
      key: putOf(key, null).key,
      quorum: null,
    });
    ring.input('d', { kind: 'document', document: edit(abortChange(writeBoth, stamp(writeBoth))) });
    expect(reply()).toMatchObject({ code: 'NOT_SERVING' });
  });
});

describe('slots that a document gives', () => {
  test('are emptied first, under a new term: a left-over copy brings nothing back (R10, R13)', () => {
    const { ring, writeBoth, key } = joining();
    ring.put('a', key, 'old');
    ring.post(writeBoth);
    ring.ticks(5);
    ring.post(edit(abortChange(writeBoth, stamp(writeBoth))));
    const left = { key: putOf(key, null).key, object: heldAt(ring, 'a', key)! };
    ring.node('d').records.set(key, left);
    ring.put('a', key, null);
    ring.cut('a', 'd');
    ring.cut('b', 'd');
    ring.cut('c', 'd');
    const before = ring.node('d').actor!.term;
    const again = towards({ ...documentOf(ABC), epoch: epoch(3) }, [...ABC, 'd'], 'y');
    ring.post(again);
    expect(heldAt(ring, 'd', key)).toBeNull();
    expect(ring.node('d').actor!.term).toBe(before + 1);
  });

  test('are not emptied again by a later epoch of the same change, nor by a restart in it', () => {
    const { ring, writeBoth, key } = joining();
    ring.put('a', key, 'v');
    ring.post(writeBoth);
    ring.ticks(5);
    ring.restart('d');
    const bumped = edit(
      configure(
        writeBoth,
        {
          mode: 'strict',
          conflicts: 'lastWriterWins',
          limits: writeBoth.limits,
          protocolVersion: 1,
        },
        stamp(writeBoth),
      ),
    );
    ring.post(bumped);
    expect(valuesAt(ring, 'd', key)).toEqual(['v']);
  });

  test('without any change halt the node: it never received them (R9)', () => {
    const ring = CalmRing.of(ABC);
    ring.start('d');
    ring.input('d', { kind: 'document', document: documentOf(ABC) });
    const after = documentOf([...ABC, 'd']);
    ring.input('d', { kind: 'document', document: { ...after, epoch: epoch(2) } });
    expect(ring.halted).toHaveLength(1);
  });

  test('in read-new without a write-both halt the node: it was put back, and reads ask it (R7, R9)', () => {
    const { ring, writeBoth } = joining();
    ring.input('d', { kind: 'document', document: readNew(writeBoth) });
    expect(ring.halted).toHaveLength(1);
  });

  test('unasked leave no document behind a halt that a restart would serve by', () => {
    const ring = CalmRing.of(ABC);
    ring.start('d');
    ring.input('d', { kind: 'document', document: documentOf(ABC) });
    ring.input('d', {
      kind: 'document',
      document: { ...documentOf([...ABC, 'd']), epoch: epoch(2) },
    });
    expect(ring.afterHalt).toEqual([]);
  });
});

describe('slots that a document takes', () => {
  test('are dropped at once when the change that gave them is aborted', () => {
    const { ring, writeBoth, key } = joining();
    ring.put('a', key, 'v');
    ring.post(writeBoth);
    ring.ticks(5);
    expect(valuesAt(ring, 'd', key)).toEqual(['v']);
    ring.post(edit(abortChange(writeBoth, stamp(writeBoth))));
    expect(heldAt(ring, 'd', key)).toBeNull();
  });

  test('and give back before their old copy was cleaned are emptied, and nobody cleans them up any more', () => {
    const ring = CalmRing.of([...ABC, 'd']);
    const document = documentOf([...ABC, 'd']);
    const key = keyWhere(document, ({ everyone }) => everyone.includes(D));
    ring.put('d', key, 'v');
    const leave = towards(document, ABC, 'leave');
    ring.post(leave);
    ring.ticks(5);
    const read = readNew(leave);
    ring.post(read);
    const without = edit(finishChange(read, stamp(read)));
    ring.post(without);
    expect(reportOf(ring.node('d').replica).uncleanSlots).toBeGreaterThan(0);
    ring.put('a', key, null);
    const back = towards(
      { ...without, members: without.members.map((m) => ({ ...m, state: 'serving' })) },
      [...ABC, 'd'],
      'back',
    );
    ring.post(back);
    ring.ticks(10);
    const stable = finish(ring, back);
    expect(stable.phase).toBe('stable');
    expect(reportOf(ring.node('d').replica).uncleanSlots).toBe(0);
    expect(ring.values('d', key)).toEqual([]);
  });
});
