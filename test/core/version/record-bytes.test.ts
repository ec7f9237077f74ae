import { describe, expect, test } from '@jest/globals';
import type { Sibling, VersionedObject } from '../../../core/api/object.ts';
import { recordBytes } from '../../../core/version/record-bytes.ts';
import { sealObject } from '../../../node/storage/record.ts';
import { recordKey } from '../../../node/storage/keys.ts';
import { storedLoad } from '../../../node/storage/batch.ts';
import { keyOf } from '../../../core/ring/hash.ts';
import { fc } from '../../properties.ts';

const ACTORS = ['a.1', 'b.2', 'né.3'];
const siblings = fc.record({
  dot: fc.record({ actor: fc.constantFrom(...ACTORS), counter: fc.integer({ min: 1, max: 1e6 }) }),
  value: fc.option(fc.uint8Array({ maxLength: 40 })),
  contentType: fc.string({ unit: 'binary', maxLength: 12 }),
  time: fc.nat(),
  expiresAtMs: fc.constantFrom(0, 1_800_000_000_000),
});
const objects = fc.array(siblings, { maxLength: 4 }).map((held: Sibling[]): VersionedObject => ({
  context: { actors: ACTORS, counters: [1e6, 1e6, 1e6] },
  siblings: held,
}));

describe('the size of a record', () => {
  test('is what a store counts for it on disk, so that forecasts and streams agree', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
        objects,
        (text, object) => {
          const key = keyOf(text);
          const stored = recordKey(key);
          expect(recordBytes(key, object)).toBe(
            storedLoad(stored.length, sealObject(stored, object).length),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
