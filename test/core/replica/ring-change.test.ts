import { describe, expect, test } from '@jest/globals';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { abortChange } from '../../../core/membership/change.ts';
import { writeSets } from '../../../core/membership/document.ts';
import { reportOf } from '../../../core/replica/replica.ts';
import { keyOf, slotOf } from '../../../core/ring/hash.ts';
import { SLOT_BITS } from './calm-disk.ts';
import { CalmRing, documentOf } from './calm-ring.ts';
import { edit, finish, stamp, towards } from './changes.ts';

const KEYS = Array.from({ length: 60 }, (_, i) => `key-${i}`);

function filled(names: readonly string[]): { ring: CalmRing; document: RingDocument } {
  const ring = CalmRing.of(names);
  for (const key of KEYS) ring.put(names[0]!, key, `value of ${key}`);
  ring.ticks(20);
  return { ring, document: documentOf(names) };
}

/** Every replica of every key holds it, and nobody else does. */
function expectInPlace(ring: CalmRing, document: RingDocument): void {
  for (const key of KEYS) {
    const holders = [...ring.nodes.values()]
      .filter((n) => n.records.has(key))
      .map((n) => n.incarnation)
      .sort();
    expect({ key, holders }).toEqual({
      key,
      holders: [...writeSets(document, slotOf(keyOf(key), SLOT_BITS))[0]!].sort(),
    });
  }
}

describe('a ring change', () => {
  test('a join copies every slot that it gives, then the losers clean up (R6, R7, R8)', () => {
    const { ring, document } = filled(['a', 'b', 'c']);
    ring.start('d');
    const writeBoth = towards(document, ['a', 'b', 'c', 'd']);
    ring.post(writeBoth);
    ring.ticks(5);
    const { gains } = reportOf(ring.node('d').replica);
    expect(gains).toMatchObject({ change: 'x', covered: gains!.needed });
    expect(gains!.needed).toBeGreaterThan(0);
    const stable = finish(ring, writeBoth);
    expectInPlace(ring, stable);
    for (const node of ring.nodes.values()) expect(reportOf(node.replica).uncleanSlots).toBe(0);
    for (const key of KEYS) expect(ring.values('d', key)).toEqual([`value of ${key}`]);
  });

  test('an aborted join leaves the ring as it was and the joiner empty', () => {
    const { ring, document } = filled(['a', 'b', 'c']);
    ring.start('d');
    const writeBoth = towards(document, ['a', 'b', 'c', 'd']);
    ring.post(writeBoth);
    ring.ticks(5);
    const stable = edit(abortChange(writeBoth, stamp(writeBoth)));
    ring.post(stable);
    ring.ticks(30);
    expectInPlace(ring, stable);
  });

  test('a leaver owes nothing once its successors hold its slots (R8, R11)', () => {
    const { ring, document } = filled(['a', 'b', 'c', 'd']);
    const writeBoth = towards(document, ['a', 'b', 'c']);
    ring.post(writeBoth);
    ring.ticks(5);
    const stable = finish(ring, writeBoth);
    expectInPlace(ring, stable);
    expect(ring.node('d').records.size).toBe(0);
    expect(reportOf(ring.node('d').replica)).toMatchObject({
      uncleanSlots: 0,
      hints: { items: 0 },
    });
  });

  test('a write during write-both lands in the old and in the new set (I3)', () => {
    const { ring, document } = filled(['a', 'b', 'c']);
    ring.start('d');
    const writeBoth = towards(document, ['a', 'b', 'c', 'd']);
    ring.post(writeBoth);
    for (const key of KEYS) expect(ring.put('c', key, `new ${key}`).kind).toBe('written');
    for (const key of KEYS) {
      for (const set of writeSets(writeBoth, slotOf(keyOf(key), SLOT_BITS))) {
        for (const member of set) expect(ring.node(member).records.has(key)).toBe(true);
      }
    }
    ring.ticks(5);
    finish(ring, writeBoth);
    for (const key of KEYS) expect(ring.values('a', key)).toEqual([`new ${key}`]);
  });

  test('a joiner that is killed in the middle goes on where it was, slot by slot', () => {
    const { ring, document } = filled(['a', 'b', 'c']);
    ring.start('d');
    const writeBoth = towards(document, ['a', 'b', 'c', 'd']);
    ring.post(writeBoth);
    ring.ticks(1);
    ring.kill('d');
    ring.boot(ring.node('d'));
    const before = reportOf(ring.node('d').replica).gains!;
    ring.ticks(10);
    const after = reportOf(ring.node('d').replica).gains!;
    expect(before.covered).toBeGreaterThan(0);
    expect(after.covered).toBe(after.needed);
    expectInPlace(ring, finish(ring, writeBoth));
  });

  test('a node that was away through a whole change learns the document from a peer', () => {
    const { ring, document } = filled(['a', 'b', 'c', 'e']);
    ring.start('d');
    ring.kill('e');
    const writeBoth = towards(document, ['a', 'b', 'c', 'd', 'e']);
    ring.post(writeBoth);
    ring.ticks(100);
    ring.boot(ring.node('e'));
    ring.ticks(10);
    expect(reportOf(ring.node('e').replica).epoch).toBe(writeBoth.epoch);
  });

  test('a document of the same epoch with another hash stops the ring rather than splitting it (I2)', () => {
    const { ring, document } = filled(['a', 'b', 'c']);
    ring.start('d');
    ring.start('e');
    ring.kill('c');
    ring.post(towards(document, ['a', 'b', 'c', 'd'], 'one'), ['a', 'b']);
    ring.node('c').document = towards(document, ['a', 'b', 'c', 'e'], 'two');
    ring.boot(ring.node('c'));
    ring.ticks(10);
    expect(reportOf(ring.node('c').replica).splitRing).toBe(true);
    expect(ring.get('a', 'key-1').kind).toBe('failed');
  });
});
