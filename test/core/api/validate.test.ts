import { describe, expect, test } from '@jest/globals';
import { problemText, type ObjectSchema, type Problem } from '../../../core/api/schema.ts';
import { join, quoted, read } from '../../../core/api/validate.ts';
import { deepFreeze } from '../version/history.ts';

const SCHEMA = deepFreeze({
  type: 'object',
  description: 'A shelf.',
  required: ['label'],
  properties: {
    label: { type: 'string', maxLength: 5, description: 'Its label.' },
    load: { type: 'number', minimum: 0, description: 'Its load.' },
    books: {
      type: 'array',
      maxItems: 2,
      'x-kubernetes-list-type': 'map',
      description: 'Books.',
      items: {
        type: 'object',
        required: ['title'],
        description: 'A book.',
        properties: { title: { type: 'string', maxLength: 20, description: 'Its title.' } },
      },
    },
  },
} as const satisfies ObjectSchema);

function problemsOf(value: unknown): string[] {
  const problems: Problem[] = [];
  read(deepFreeze(value), SCHEMA, 'shelf', { problems, elsewhere: () => null });
  return problems.map(problemText);
}

describe('a value read by a schema', () => {
  test('is good with all that is required', () => {
    expect(problemsOf({ label: 'a', load: 0.5, books: [{ title: 'x' }] })).toEqual([]);
  });

  test('lacks what is required, also inside lists', () => {
    expect(problemsOf({ books: [{}] })).toEqual([
      'shelf.label: is missing; give text',
      'shelf.books[0].title: is missing; give text',
    ]);
  });

  test('has no number that is none', () => {
    expect(problemsOf({ label: 'a', load: Number.NaN })).toEqual([
      'shelf.load: NaN is below 0; give a number from 0',
    ]);
  });

  test('is copied, never the given one with defaults written into it', () => {
    const given = { label: 'a' };
    expect(read(given, SCHEMA, '', { problems: [], elsewhere: () => null })).not.toBe(given);
  });
});

describe('for people', () => {
  test('a strange name stands in brackets', () => {
    expect([join('spec', 'a'), join('', 'a'), join('spec', 'a b'), join('spec', '1')]).toEqual([
      'spec.a',
      'a',
      'spec["a b"]',
      'spec["1"]',
    ]);
  });

  test('a long value is cut, and line ends do not break the line', () => {
    expect(quoted('x'.repeat(61))).toBe(`"${'x'.repeat(57)}..."`);
    expect(quoted('a\nb')).toBe('"a\\nb"');
  });
});
