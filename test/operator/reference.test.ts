import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { SPEC } from '../../core/api/cluster-spec.ts';
import { STATUS } from '../../core/api/cluster-status.ts';
import type { Schema } from '../../core/api/schema.ts';
import { referenceText } from '../../operator/reference.ts';

const paths = (schema: Schema, path: string): string[] => [
  path,
  ...(schema.type === 'object'
    ? Object.entries(schema.properties).flatMap(([name, field]) => paths(field, `${path}.${name}`))
    : []),
  ...(schema.type === 'array' && schema.items.type === 'object'
    ? paths(schema.items, `${path}[]`).slice(1)
    : []),
];

describe('the reference of fields', () => {
  test('is what docs/reference.md holds; else run `npm run manifests`', () => {
    const committed = readFileSync(new URL('../../docs/reference.md', import.meta.url), 'utf8');
    expect(committed).toBe(referenceText());
  });

  test('has a row for each field there is', () => {
    const text = referenceText();
    const missing = [...paths(SPEC, 'spec'), ...paths(STATUS, 'status')]
      .filter((path) => path.includes('.'))
      .filter((path) => !text.includes(`| \`${path}\` |`));
    expect(missing).toEqual([]);
  });
});
