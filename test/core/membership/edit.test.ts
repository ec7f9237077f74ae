import { expect, test } from '@jest/globals';
import { epoch } from '../../../core/api/ids.ts';
import { byName, edited, refused } from '../../../core/membership/edit.ts';
import { founded } from './founded.ts';

test('an epoch that does not grow is a bug, not an edit (I2)', () => {
  const document = founded(['a', 'b', 'c']);
  expect(() => edited(document, { ...document })).toThrow(/I2/);
  expect(edited(document, { ...document, epoch: epoch(2) }).kind).toBe('edited');
});

test('a document that is no ring never leaves an edit (I9)', () => {
  const document = founded(['a', 'b', 'c']);
  expect(() => edited(document, { ...document, epoch: epoch(2), members: [] })).toThrow(
    /I9.*no member/,
  );
});

test('members stand in the order of id, then incarnation', () => {
  const [a, b, c] = founded(['a', 'b', 'c']).members;
  const again = { ...a!, incarnation: b!.incarnation };
  expect([c!, again, b!, a!].sort(byName)).toEqual([a, again, b, c]);
});

test('a refusal says why', () => {
  expect(refused('it is late')).toEqual({ kind: 'refused', why: 'it is late' });
});
