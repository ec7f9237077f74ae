import { describe, expect, test } from '@jest/globals';
import xxhash from 'xxhash-wasm';
import { utf8, xxh64, xxh64OfText } from '../../core/xxh64.ts';
import { fc } from '../properties.ts';

const twin = await xxhash();
const PRIME32 = 2654435761;

function hex(bytes: Uint8Array, seed = 0): string {
  const { high, low } = xxh64(bytes, seed);
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** The byte sequence of the reference implementation's own check (xxhash, sanity_check.c). */
function sanityBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = BigInt(PRIME32);
  for (let at = 0; at < length; at++) {
    bytes[at] = Number(state >> 56n);
    state = BigInt.asUintN(64, state * 11400714785074694797n);
  }
  return bytes;
}

describe('xxh64', () => {
  test.each([
    ['', 'ef46db3751d8e999'],
    ['a', 'd24ec4f1a98c6e5b'],
    ['abc', '44bc2cf5ad770999'],
    ['Nobody inspects the spammish repetition', 'fbcea83c8a378bf1'],
  ])('hashes %j as the published vector says', (text, expected) => {
    expect(hex(utf8(text))).toBe(expected);
  });

  test.each([
    [0, 0, 'ef46db3751d8e999'],
    [0, PRIME32, 'ac75fda2929b17ef'],
    [1, 0, 'e934a84adb052768'],
    [1, PRIME32, '5014607643a9b4c3'],
    [4, 0, '9136a0dca57457ee'],
    [14, 0, '8282dcc4994e35c8'],
    [14, PRIME32, 'c3bd6bf63deb6df0'],
    [222, 0, 'b641ae8cb691c174'],
    [222, PRIME32, '20cb8ab7ae10c14a'],
  ])('hashes %d bytes of the reference check with seed %d', (length, seed, expected) => {
    expect(hex(sanityBytes(length), seed)).toBe(expected);
  });

  test('agrees with xxhash-wasm on any bytes and seed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, seed) => {
        expect(hex(bytes, seed)).toBe(
          twin.h64Raw(bytes, BigInt(seed)).toString(16).padStart(16, '0'),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('hashes a text as its UTF-8 bytes, however long it is', () => {
    const short = fc.string({ unit: 'binary' });
    const long = fc.tuple(short, fc.integer({ min: 100, max: 600 })).map(([it, n]) => it.repeat(n));
    fc.assert(
      fc.property(fc.oneof(short, long), (text) => {
        expect(xxh64OfText(text)).toEqual(xxh64(new TextEncoder().encode(text)));
      }),
    );
  });
});

describe('utf8', () => {
  test('encodes any text, lone surrogates too, as TextEncoder does', () => {
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(unit).map((it) => it.join('')),
    );
    fc.assert(
      fc.property(text, (it) => {
        expect(Buffer.from(utf8(it))).toEqual(Buffer.from(new TextEncoder().encode(it)));
      }),
      { numRuns: 500 },
    );
  });
});
