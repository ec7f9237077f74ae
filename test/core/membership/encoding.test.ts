import { describe, expect, test } from '@jest/globals';
import { changeId, epoch, incarnation, nodeId } from '../../../core/api/ids.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { decodeDocument, documentHash, encodeDocument } from '../../../core/membership/encoding.ts';
import { begun, finished, founded } from './founded.ts';

/** One of each shape: stable, changing, settled, with a receipt. */
const DOCUMENTS: readonly RingDocument[] = [
  founded(['a']),
  begun(['a', 'b', 'c'], ['b', 'c', 'd']),
  {
    ...finished(['a', 'b', 'c', 'd'], ['a', 'b', 'c']),
    receipts: [
      {
        id: nodeId('dev-d'),
        incarnation: incarnation('d'),
        change: changeId('x'),
        epoch: epoch(4),
        volume: 'v',
      },
    ],
  },
];

function codeOf(text: string): unknown {
  try {
    return decodeDocument(text);
  } catch (error) {
    return error;
  }
}

describe('the text of a ring document', () => {
  test('gives back the same document', () => {
    for (const document of DOCUMENTS) {
      const back = decodeDocument(encodeDocument(document));
      expect(back).toEqual({ settled: null, ...document });
      expect(encodeDocument(back)).toBe(encodeDocument(document));
    }
  });

  test('is one for equal documents, whatever the order of their fields', () => {
    for (const document of DOCUMENTS) {
      const turned = Object.fromEntries(
        Object.entries(document).reverse(),
      ) as unknown as RingDocument;
      expect(encodeDocument(turned)).toBe(encodeDocument(document));
      expect(documentHash(turned)).toBe(documentHash(document));
    }
  });

  test('without a settled change is read as that of a ring that never changed', () => {
    const text = JSON.stringify({
      ...(JSON.parse(encodeDocument(founded(['a']))) as object),
      settled: undefined,
    });
    expect(decodeDocument(text).settled).toBeNull();
  });
});

describe('the hash of a ring document', () => {
  test('is 16 hexadecimal digits', () => {
    for (const document of DOCUMENTS) expect(documentHash(document)).toMatch(/^[0-9a-f]{16}$/);
  });

  test('leaves progress out (protocol §2)', () => {
    for (const document of DOCUMENTS) {
      expect(documentHash({ ...document, progress: { sinceMs: 77, fullBarrier: epoch(9) } })).toBe(
        documentHash(document),
      );
    }
  });

  test('changes with everything else', () => {
    const document = DOCUMENTS[2]!;
    const owners = document.current.owners.map((array) => array.slice());
    owners[0]![3] = (owners[0]![3]! + 1) % 3;
    const others: Partial<RingDocument>[] = [
      { epoch: epoch(99) },
      { mode: 'sloppy' },
      { conflicts: 'lastWriterWins' },
      { protocolVersion: 2 },
      { receipts: [] },
      { uncleaned: [incarnation('zz')] },
      { settled: null },
      { limits: { ...document.limits, operationMs: 1 } },
      { members: document.members.map((m, i) => (i === 0 ? { ...m, lost: true } : m)) },
      { members: document.members.map((m, i) => (i === 0 ? { ...m, address: 'elsewhere:1' } : m)) },
      { current: { ...document.current, readQuorum: 1 } },
      { current: { ...document.current, owners } },
    ];
    const hashes = new Set(
      [document, ...others.map((change) => ({ ...document, ...change }))].map(documentHash),
    );
    expect(hashes.size).toBe(others.length + 1);
  });
});

describe('a text that is no ring document', () => {
  const good = JSON.parse(encodeDocument(DOCUMENTS[1]!)) as Record<string, unknown>;

  test('is refused with BAD_REQUEST, naming the field', () => {
    const wrongs: [Record<string, unknown>, string][] = [
      [{ epoch: -1 }, 'document.epoch is not a count'],
      [{ epoch: 1.5 }, 'document.epoch is not a count'],
      [{ phase: 'moving' }, 'document.phase is not one of stable, write-both, read-new'],
      [{ hash: 'md5' }, 'document.hash is not one of xxh64'],
      [{ members: {} }, 'document.members is not a list'],
      [{ members: [{ id: 1 }] }, 'document.members[0].id is not a string'],
      [{ current: null }, 'document.current is not an object'],
      [{ uncleaned: [3] }, 'document.uncleaned is not strings'],
      [{ limits: {} }, 'document.limits.keyBytesMax is not a count'],
      [
        { current: { ...(good.current as object), owners: ['00zz'] } },
        'owners is not a row of four hexadecimal digits a slot',
      ],
      [
        { current: { ...(good.current as object), owners: ['00000'] } },
        'owners is not a row of four hexadecimal digits a slot',
      ],
    ];
    for (const [change, message] of wrongs) {
      expect(codeOf(JSON.stringify({ ...good, ...change }))).toMatchObject({
        code: 'BAD_REQUEST',
        message,
      });
    }
    expect(codeOf('{')).toMatchObject({
      code: 'BAD_REQUEST',
      message: 'the ring document is not JSON',
    });
    expect(codeOf('null')).toMatchObject({
      code: 'BAD_REQUEST',
      message: 'document is not an object',
    });
  });

  test('is refused whichever field is missing that every document has', () => {
    const mayBeAbsent = ['next', 'change', 'settled'];
    for (const name of Object.keys(good).filter((field) => !mayBeAbsent.includes(field))) {
      const text = JSON.stringify({ ...good, [name]: undefined });
      expect([name, codeOf(text)]).toEqual([
        name,
        expect.objectContaining({ code: 'BAD_REQUEST' }),
      ]);
    }
  });
});
