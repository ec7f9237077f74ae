import { describe, expect, test } from '@jest/globals';
import { changeId, epoch, incarnation, nodeId, zone } from '../../core/api/ids.ts';
import type { Member, Receipt, RingDocument } from '../../core/api/ring-document.ts';
import { checkRemoval } from '../../operator/removal.ts';

const A = incarnation('a'.repeat(16));
const B = incarnation('b'.repeat(16));
const ID = nodeId('ring-3');
const MEMBER: Member = {
  id: ID,
  incarnation: A,
  address: '127.0.0.1:1',
  zone: zone('local'),
  state: 'left',
  lost: false,
};
const RECEIPT: Receipt = {
  id: ID,
  incarnation: A,
  change: changeId('c'),
  epoch: epoch(7),
  volume: 'volume-1',
};
const ring = (members: readonly Member[], receipts: readonly Receipt[]): RingDocument =>
  ({ members, receipts }) as RingDocument;
const AT_HAND = { incarnation: A, volume: 'volume-1' };

describe('I6: a removal', () => {
  test.each([
    [
      'a recorded receipt for this incarnation and volume',
      A,
      RECEIPT,
      AT_HAND,
      ring([MEMBER], [RECEIPT]),
    ],
    [
      'the same for a node that does not run',
      A,
      RECEIPT,
      { ...AT_HAND, incarnation: null },
      ring([MEMBER], [RECEIPT]),
    ],
    [
      'an incarnation that no document names',
      B,
      null,
      { ...AT_HAND, incarnation: B },
      ring([MEMBER], []),
    ],
    ['an incarnation that is proved lost', A, null, AT_HAND, ring([{ ...MEMBER, lost: true }], [])],
    ['a ring that was never founded', null, null, AT_HAND, null],
    [
      'a node that never told its name, of an id that no document names',
      null,
      null,
      { ...AT_HAND, incarnation: null },
      ring([], []),
    ],
    [
      'a folder that is gone already',
      A,
      null,
      { incarnation: null, volume: null },
      ring([MEMBER], []),
    ],
  ] as const)('goes on with %s', (_what, who, receipt, occupant, document) => {
    expect(() => {
      checkRemoval({ id: ID, incarnation: who, receipt }, occupant, document);
    }).not.toThrow();
  });

  test.each([
    ['without a receipt', A, null, AT_HAND, ring([MEMBER], [RECEIPT])],
    ['with a receipt that is not stored', A, RECEIPT, AT_HAND, ring([MEMBER], [])],
    [
      'with a receipt of another epoch than the stored one',
      A,
      { ...RECEIPT, epoch: epoch(6) },
      AT_HAND,
      ring([MEMBER], [RECEIPT]),
    ],
    [
      'where another incarnation lives in the folder',
      A,
      RECEIPT,
      { ...AT_HAND, incarnation: B },
      ring([MEMBER], [RECEIPT]),
    ],
    [
      'where the folder is another volume',
      A,
      RECEIPT,
      { ...AT_HAND, volume: 'volume-2' },
      ring([MEMBER], [RECEIPT]),
    ],
    [
      'where the node does not tell who it is and may be the member',
      null,
      null,
      { ...AT_HAND, incarnation: null },
      ring([MEMBER], []),
    ],
    [
      'where the member came back and the plan meant a nameless node',
      null,
      null,
      AT_HAND,
      ring([MEMBER], []),
    ],
  ] as const)('is refused %s', (_what, who, receipt, occupant, document) => {
    expect(() => {
      checkRemoval({ id: ID, incarnation: who, receipt }, occupant, document);
    }).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
  });
});
