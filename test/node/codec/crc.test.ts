// Checksums against published vectors.
import { expect, test } from '@jest/globals';
import { checksum, crc32c } from '../../../node/codec/crc.ts';

test('CRC-32C gives the vectors of RFC 3720, B.4', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(crc32c(new Uint8Array(32), 0, 32)).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff), 0, 32)).toBe(0x62a8ab43);
  expect(crc32c(ascending, 0, 32)).toBe(0x46dd794e);
  expect(crc32c(Uint8Array.of(9, ...ascending, 9), 1, 33)).toBe(0x46dd794e);
});

test('the checksum of two parts is the CRC-32 of both together', () => {
  expect(checksum(Buffer.from('1234'), Buffer.from('56789'))).toBe(0xcbf43926);
});
