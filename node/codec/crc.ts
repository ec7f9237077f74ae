// Checksums. Our own records carry CRC-32, which the runtime computes in native code; LevelDB's log
// carries CRC-32C (Castagnoli), which the runtime lacks: it is read once, at a start.
import { crc32 } from 'node:zlib';

/** CRC-32 of all parts, one after the other; uint32. */
export function checksum(first: Uint8Array, second: Uint8Array): number {
  return crc32(second, crc32(first));
}

/** CRC-32C of bytes from `from` to `to` (exclusive); uint32. Test vectors: RFC 3720, B.4. */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  let crc = -1;
  for (let i = from; i < to; i++) crc = CASTAGNOLI[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

const CASTAGNOLI = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  return crc;
});
