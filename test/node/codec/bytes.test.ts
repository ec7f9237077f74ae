import { describe, expect, test } from '@jest/globals';
import { ByteReader, ByteWriter } from '../../../node/codec/bytes.ts';
import { fc } from '../../properties.ts';

describe('the primitive fields', () => {
  test.each([
    [0, '00'],
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [2 ** 32, '8080808010'],
    [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
  ])('write the count %d as %s', (value, hex) => {
    const writer = new ByteWriter();
    writer.count(value);
    expect(writer.take().toString('hex')).toBe(hex);
  });

  test('are read as they were written, in any order and size', () => {
    const field = fc.oneof(
      fc.record({ kind: fc.constant('count' as const), value: fc.maxSafeNat() }),
      fc.record({
        kind: fc.constant('uint32' as const),
        value: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      }),
      fc.record({
        kind: fc.constant('text' as const),
        value: fc.string({ unit: 'binary', maxLength: 3000 }),
      }),
      fc.record({ kind: fc.constant('blob' as const), value: fc.uint8Array({ maxLength: 3000 }) }),
      fc.record({ kind: fc.constant('uint32s' as const), value: fc.uint32Array() }),
    );
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const writer = new ByteWriter();
        for (const { kind, value } of fields)
          (writer[kind] as (value: unknown) => void).call(writer, value);
        const reader = new ByteReader(writer.take());
        expect(fields.map(({ kind }) => reader[kind]())).toStrictEqual(
          fields.map(({ value }) => value),
        );
        reader.end();
      }),
    );
  });

  test('of a writer that was taken from are not overwritten by what it writes next', () => {
    const writer = new ByteWriter();
    writer.text('first');
    const first = writer.take();
    writer.text('other');
    expect(new ByteReader(first).text()).toBe('first');
  });

  test.each([
    ['a count above the safe integers', 'ffffffffffffff1f', (reader: ByteReader) => reader.count()],
    ['a count without end', 'ffffffffffffffffff', (reader: ByteReader) => reader.count()],
    ['a text longer than the rest', '0561', (reader: ByteReader) => reader.text()],
    ['a flag of 2', '02', (reader: ByteReader) => reader.flag()],
    ['a clock that is NaN', '000000000000f87f', (reader: ByteReader) => reader.whole()],
    [
      'numbers that their count does not leave room for',
      '0201000000',
      (reader: ByteReader) => reader.uint32s(),
    ],
  ])('refuse %s', (_, hex, read) => {
    expect(() => read(new ByteReader(Buffer.from(hex, 'hex')))).toThrow(
      expect.objectContaining({ code: 'FRAME_INVALID' }),
    );
  });
});
