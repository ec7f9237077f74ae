import { describe, expect, test } from '@jest/globals';
import { changeId, epoch, incarnation, nodeId } from '../../../core/api/ids.ts';
import type { Receipt } from '../../../core/api/ring-document.ts';
import { DATA_LIMITS } from '../../../core/limits.ts';
import { documentHash } from '../../../core/membership/document.ts';
import {
  configure,
  confirmCleanUp,
  dropMembers,
  harmIn,
  markLost,
  postFullBarrier,
  readdress,
  recordReceipts,
} from '../../../core/membership/upkeep.ts';
import { after, begun, edit, finished, founded } from './founded.ts';

const receiptOf = (name: string): Receipt => ({
  id: nodeId(`dev-${name}`),
  incarnation: incarnation(name),
  change: changeId('change'),
  epoch: epoch(4),
  volume: `volume-${name}`,
});
const shrunk = () => finished(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
const who = (document: { members: readonly { incarnation: string }[] }) =>
  document.members.map((m) => m.incarnation);

describe('upkeep makes a new epoch in the same phase', () => {
  test('a lost member is marked in the midst of a change, and cleans nothing up any more', () => {
    const writing = begun(['a', 'b', 'c'], ['a', 'b', 'c', 'd']);
    const marked = edit(
      markLost({ ...writing, uncleaned: [incarnation('b')] }, [incarnation('b')], after(writing)),
    );
    expect(marked).toMatchObject({ epoch: 3, phase: 'write-both', uncleaned: [] });
    expect(marked.members.filter((member) => member.lost).map((m) => m.incarnation)).toEqual(['b']);
    expect(markLost(marked, [incarnation('b')], after(marked)).kind).toBe('refused');
  });

  test('clean-up is confirmed once', () => {
    const done = shrunk();
    const confirmed = edit(confirmCleanUp(done, [incarnation('d')], after(done)));
    expect(confirmed).toMatchObject({ epoch: 5, uncleaned: [] });
    expect(confirmCleanUp(confirmed, [incarnation('d')], after(confirmed)).kind).toBe('refused');
  });

  test('a receipt is stored while its member is still named, and the name goes later', () => {
    const done = shrunk();
    const proved = edit(recordReceipts(done, [receiptOf('d')], after(done)));
    expect(proved).toMatchObject({ receipts: [receiptOf('d')], uncleaned: [] });
    expect(who(proved)).toContain('d');
    const dropped = edit(dropMembers(proved, [incarnation('d')], after(proved)));
    expect(who(dropped)).toEqual(['a', 'b', 'c']);
    expect(dropped.receipts).toEqual([]);
  });

  test('no receipt for who still has a seat; no departure without a receipt (I6)', () => {
    const done = shrunk();
    expect(recordReceipts(done, [receiptOf('a')], after(done)).kind).toBe('refused');
    expect(dropMembers(done, [incarnation('d')], after(done)).kind).toBe('refused');
    expect(dropMembers(done, [incarnation('a')], after(done)).kind).toBe('refused');
  });

  test('a lost member without a seat goes without a receipt', () => {
    const done = shrunk();
    const marked = edit(markLost(done, [incarnation('d')], after(done)));
    expect(who(edit(dropMembers(marked, [incarnation('d')], after(marked))))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  test('a moved member gets its address; nothing moved is refused', () => {
    const document = founded(['a', 'b']);
    const moved = edit(
      readdress(document, new Map([[incarnation('a'), 'elsewhere:1']]), after(document)),
    );
    expect(moved.members.map((m) => m.address)).toEqual(['elsewhere:1', 'dev-b:8082']);
    expect(readdress(moved, new Map([[incarnation('a'), 'elsewhere:1']]), after(moved)).kind).toBe(
      'refused',
    );
  });
});

test('a full barrier is progress: the same epoch and hash', () => {
  const done = shrunk();
  const posted = postFullBarrier(done);
  expect(posted.progress.fullBarrier).toBe(4);
  expect(posted.epoch).toBe(done.epoch);
  expect(documentHash(posted)).toBe(documentHash(done));
});

describe('settings of a living ring', () => {
  const settings = {
    mode: 'sloppy',
    conflicts: 'lastWriterWins',
    limits: DATA_LIMITS,
    protocolVersion: 1,
  } as const;

  test('the mode changes, a version that this build does not speak is refused', () => {
    const document = founded(['a', 'b']);
    expect(edit(configure(document, settings, after(document)))).toMatchObject({
      epoch: 2,
      mode: 'sloppy',
    });
    expect(configure(document, { ...settings, protocolVersion: 99 }, after(document)).kind).toBe(
      'refused',
    );
  });

  test.each([
    ['a higher value limit', { valueBytesMax: DATA_LIMITS.valueBytesMax * 2 }, null],
    ['a longer grace period', { tombstoneGraceMs: DATA_LIMITS.tombstoneGraceMs * 2 }, null],
    ['a lower key limit', { keyBytesMax: 10 }, /larger than the new limit/],
    ['hints that outlive tombstones', { hintAgeMs: DATA_LIMITS.tombstoneGraceMs }, /tombstones/],
    [
      'tombstones that go before old hints',
      { hintAgeMs: 1, tombstoneGraceMs: 60_000 },
      /tombstones/,
    ],
  ])('%s', (_, wanted, harm) => {
    const said = harmIn(DATA_LIMITS, { ...DATA_LIMITS, ...wanted });
    if (harm === null) expect(said).toBeNull();
    else expect(said).toMatch(harm);
  });
});
