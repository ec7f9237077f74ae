// The layout of objects: what is written is read, and nothing else is.
import { describe, expect, test } from '@jest/globals';
import type { VersionedObject } from '../../../core/api/object.ts';
import { RingError } from '../../../core/errors.ts';
import {
  decodeObject,
  decodeObjectWithBytes,
  encodeObject,
  encodeObjectInto,
  objectSize,
  withoutBytes,
} from '../../../node/codec/object.ts';
import { fc } from '../../properties.ts';

const counter = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

const objects: fc.Arbitrary<VersionedObject> = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 30, unit: 'binary' }), {
    minLength: 1,
    maxLength: 5,
  })
  .chain((names) => {
    const actors = names.sort();
    return fc.record({
      context: fc.record({
        actors: fc.constant(actors),
        counters: fc.array(counter, { minLength: actors.length, maxLength: actors.length }),
      }),
      siblings: fc.array(
        fc.record({
          dot: fc.record({ actor: fc.constantFrom(...actors), counter }),
          value: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null }),
          contentType: fc.string({ maxLength: 20, unit: 'binary' }),
          time: fc.nat(Number.MAX_SAFE_INTEGER),
          expiresAtMs: fc.oneof(fc.constant(0), fc.nat(Number.MAX_SAFE_INTEGER)),
        }),
        { maxLength: 4 },
      ),
    });
  });

describe('the layout of an object', () => {
  test('gives back any object that was written', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const bytes = encodeObject(object);
        expect(decodeObject(bytes)).toEqual(object);
        expect(bytes).toHaveLength(objectSize(object));
      }),
      { numRuns: 300 },
    );
  });

  test('writes between its neighbours', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const size = objectSize(object);
        const target = Buffer.alloc(size + 7, 0xee);
        expect(encodeObjectInto(object, target, 3)).toBe(size + 3);
        expect(decodeObject(target.subarray(3, size + 3))).toEqual(object);
        expect([...target.subarray(0, 3), ...target.subarray(size + 3)]).toEqual(
          Array(7).fill(0xee),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('is copied where the bytes that an object was read from came along', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const bytes = Buffer.concat([Buffer.alloc(3), encodeObject(object), Buffer.alloc(2)]);
        const passing = decodeObjectWithBytes(bytes, 3, bytes.length - 2);
        expect(passing).toEqual(object);
        expect(encodeObject(passing)).toEqual(encodeObject(object));
        expect(withoutBytes(passing)).toStrictEqual(decodeObject(encodeObject(object)));
      }),
      { numRuns: 100 },
    );
  });

  test('refuses bytes cut off or too long anywhere', () => {
    fc.assert(
      fc.property(objects, fc.nat(), (object, at) => {
        const bytes = encodeObject(object);
        expect(() => decodeObject(bytes.subarray(0, at % bytes.length))).toThrow(RingError);
        expect(() => decodeObject(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(RingError);
      }),
      { numRuns: 200 },
    );
  });

  test('meets random bytes with an error of its own or an object, never with another one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const bytes = Uint8Array.of(1, 0, ...noise);
        try {
          decodeObject(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'FRAME_INVALID' });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('names an unknown layout', () => {
    expect(() => decodeObject(Uint8Array.of(9))).toThrow('layout 9; this build reads 1');
  });

  test('refuses a dot outside the context: a bug of the writer', () => {
    const dot = { actor: 'a.1', counter: 1 };
    const sibling = { dot, value: null, contentType: '', time: 0, expiresAtMs: 0 };
    expect(() =>
      encodeObject({ context: { actors: [], counters: [] }, siblings: [sibling] }),
    ).toThrow('outside');
  });
});
