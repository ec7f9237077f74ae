// How the ring document is kept in a ConfigMap, and what of it policies can read.
import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import { markLost, recordReceipts } from '../../../core/membership/upkeep.ts';
import { encodeDocument } from '../../../core/membership/document.ts';
import { documentIn, documentMap } from '../../../operator/kubernetes/document-map.ts';
import { after, begun, edit, finished, founded } from '../../core/membership/founded.ts';
import { ringOf } from './rings.ts';

const namesIn = (document: Parameters<typeof documentMap>[1]): string | undefined =>
  documentMap(ringOf(), document).data?.['members'];

describe('the ConfigMap of a ring document', () => {
  test('gives back the document that was put in', () => {
    const document = founded(['0', '1', '2']);
    const kept = documentIn(documentMap(ringOf(), document));
    expect(encodeDocument(kept!)).toBe(encodeDocument(document));
  });

  test('says whose pod and volume must stay: joiners and leavers too, until they have a receipt', () => {
    expect(namesIn(founded(['2', '0', '1']))).toBe('dev-0 dev-1 dev-2');
    expect(namesIn(begun(['0', '1', '2'], ['0', '1', '3']))).toBe('dev-0 dev-1 dev-2 dev-3');
    const left = finished(['0', '1', '2', '3'], ['0', '1', '2']);
    expect(namesIn(left)).toBe('dev-0 dev-1 dev-2 dev-3');
    const receipt = {
      id: left.members[3]!.id,
      incarnation: incarnation('3'),
      change: left.settled!.change,
      epoch: left.epoch,
      volume: 'volume-3',
    };
    expect(namesIn(edit(recordReceipts(left, [receipt], after(left))))).toBe('dev-0 dev-1 dev-2');
  });

  test('says nothing for whom is proved lost: what is there now is no data of the ring', () => {
    const document = founded(['0', '1', '2']);
    const lost = edit(markLost(document, [incarnation('1')], after(document)));
    expect(namesIn(lost)).toBe('dev-0 dev-2');
    expect(documentMap(ringOf(), lost).data?.['epoch']).toBe('2');
  });
});
