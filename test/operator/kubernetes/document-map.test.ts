// How the ring document is kept in a ConfigMap, and what of it policies can read.
import { describe, expect, test } from '@jest/globals';
import { incarnation } from '../../../core/api/ids.ts';
import { markLost } from '../../../core/membership/upkeep.ts';
import { encodeDocument } from '../../../core/membership/document.ts';
import { documentIn, documentMap } from '../../../operator/kubernetes/document-map.ts';
import { after, edit, founded } from '../../core/membership/founded.ts';
import { ringOf } from './rings.ts';

describe('the ConfigMap of a ring document', () => {
  test('gives back the document that was put in', () => {
    const document = founded(['0', '1', '2']);
    const kept = documentIn(documentMap(ringOf(), document));
    expect(encodeDocument(kept!)).toBe(encodeDocument(document));
  });

  test('tells its epoch, which may only grow', () => {
    const document = founded(['0', '1', '2']);
    const lost = edit(markLost(document, [incarnation('1')], after(document)));
    expect(documentMap(ringOf(), document).data?.['epoch']).toBe('1');
    expect(documentMap(ringOf(), lost).data?.['epoch']).toBe('2');
  });
});
