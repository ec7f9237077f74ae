import { describe, expect, test } from '@jest/globals';
import { clusterId } from '../../../core/api/ids.ts';
import type { Vector } from '../../../core/api/object.ts';
import { keyOf } from '../../../core/ring/hash.ts';
import { contextCodec } from '../../../node/http/context.ts';
import { fc } from '../../properties.ts';

const SCOPE = { clusterId: clusterId('ring-1'), key: keyOf('cart') };
const codec = contextCodec(Buffer.from('a secret of this ring'));
const VECTOR: Vector = {
  actors: ['00112233aabbccdd.1', 'ffeeddccbbaa9988.12'],
  counters: [7, 2 ** 40 + 3],
};

const vectors = fc
  .uniqueArray(
    fc.tuple(
      fc.stringMatching(/^[0-9a-f]{16}\.[1-9][0-9]{0,5}$/),
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    ),
    { selector: ([actor]) => actor, maxLength: 20 },
  )
  .map((entries): Vector => ({
    actors: entries.map(([a]) => a),
    counters: entries.map(([, c]) => c),
  }));

describe('causal context', () => {
  test('every vector comes back as it was, whatever the key', () => {
    fc.assert(
      fc.property(vectors, fc.string({ unit: 'grapheme', minLength: 1 }), (vector, key) => {
        const scope = { ...SCOPE, key: keyOf(key) };
        expect(codec.decode(codec.encode(vector, scope), scope)).toEqual(vector);
      }),
    );
  });

  test('changing any character makes it a bad context', () => {
    const text = codec.encode(VECTOR, SCOPE);
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'A' ? 'B' : 'A';
      const forged = text.slice(0, at) + other + text.slice(at + 1);
      expect(() => codec.decode(forged, SCOPE)).toThrow(
        expect.objectContaining({ code: 'BAD_CONTEXT' }),
      );
    }
  });

  test.each([
    ['another key of this ring', codec, { ...SCOPE, key: keyOf('cart2') }],
    ['another ring with the same secret', codec, { ...SCOPE, clusterId: clusterId('ring-2') }],
    ['a ring with another secret', contextCodec(Buffer.from('another secret')), SCOPE],
  ])('is refused where it was made for %s', (_where, maker, scope) => {
    const foreign = maker.encode(VECTOR, scope);
    expect(() => codec.decode(foreign, SCOPE)).toThrow(
      expect.objectContaining({ code: 'BAD_CONTEXT' }),
    );
  });

  test('random text is never a context', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => codec.decode(text, SCOPE)).toThrow(
          expect.objectContaining({ code: 'BAD_CONTEXT' }),
        );
      }),
    );
  });
});
