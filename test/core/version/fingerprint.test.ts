import { describe, expect, test } from '@jest/globals';
import type { VersionedObject } from '../../../core/api/object.ts';
import { versionHash } from '../../../core/version/fingerprint.ts';
import { etagOf } from '../../../core/version/siblings.ts';
import { deepFreeze, siblingOf } from './history.ts';

const object: VersionedObject = deepFreeze({
  context: { actors: ['0123456789abcdef.1', 'fedcba9876543210.2'], counters: [7, 2 ** 33 + 1] },
  siblings: [siblingOf({ actor: 'fedcba9876543210.2', counter: 2 ** 33 + 1 })],
});

describe('the hash of versions', () => {
  test('is the same in every release: nodes of two releases compare digests', () => {
    expect(versionHash(object, 1, 2)).toEqual({ high: 4030410013, low: 275697607 });
    expect(etagOf(object)).toBe('nY4T8lCwc4F');
  });

  test('tells apart which write is held under one context', () => {
    const other = { ...object, siblings: [siblingOf({ actor: '0123456789abcdef.1', counter: 7 })] };
    expect(versionHash(other, 1, 2)).not.toEqual(versionHash(object, 1, 2));
  });

  test('survives more actors than it remembers', () => {
    const before = versionHash(object, 0, 0);
    for (let i = 0; i < 10_000; i++) {
      versionHash({ context: { actors: [`a.${String(i)}`], counters: [1] }, siblings: [] }, 0, 0);
    }
    expect(versionHash(object, 0, 0)).toEqual(before);
  });
});
