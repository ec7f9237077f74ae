import { describe, expect, test } from '@jest/globals';
import { UPDATE_RULES, majority, RULES } from '../../../core/api/cluster-rules.ts';
import { SPEC } from '../../../core/api/cluster-spec.ts';
import type { Schema } from '../../../core/api/schema.ts';

const existing = (path: string): boolean => {
  let schema: Schema | undefined = SPEC;
  for (const name of path.split('.').slice(1)) {
    schema = schema?.type === 'object' ? schema.properties[name] : undefined;
  }
  return schema !== undefined;
};

describe('the rules between fields', () => {
  test('stand at fields that exist and read only fields that exist', () => {
    for (const { at, cel } of RULES) {
      const withoutCalls = cel.replace(/\.\w+\(/g, '(');
      const read = [...withoutCalls.matchAll(/self((?:\.\w+)*)/g)].map(([, path]) => at + path!);
      expect(read.length).toBeGreaterThan(0);
      expect([at, ...read].filter((path) => !existing(path))).toEqual([]);
    }
    const named = UPDATE_RULES.flatMap(({ at, field }) => [at, `spec.${field}`]);
    expect(named.filter((path) => !existing(path))).toEqual([]);
  });

  test('say in their message what would be right', () => {
    for (const { message } of RULES) expect(message).toMatch(/; (raise|lower) |must be /);
  });

  test('any two majorities of the same replicas meet', () => {
    for (let n = 1; n <= 7; n++)
      expect([n, 2 * majority(n) > n, 2 * (majority(n) - 1) <= n]).toEqual([n, true, true]);
  });
});
