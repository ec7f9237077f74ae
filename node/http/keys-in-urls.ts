// The key that a URL names, strictly: UTF-8, percent-encoded, not normalised, 1 byte to the limit.
import type { Key } from '../../core/api/object.ts';
import { RingError } from '../../core/errors.ts';
import { keyOf } from '../../core/ring/hash.ts';

/** Throws BAD_KEY where the text is empty, too long, or no Unicode. */
export function checkedKey(text: string, bytesMax: number): Key {
  if (text === '') throw new RingError('BAD_KEY', 'the key is empty; it has 1 byte or more');
  if (!isWellFormed(text)) throw new RingError('BAD_KEY', 'the key holds half a surrogate pair');
  // A UTF-16 unit is at most 3 bytes of UTF-8: most keys need no count.
  if (text.length * 3 > bytesMax) {
    const bytes = Buffer.byteLength(text);
    if (bytes > bytesMax)
      throw new RingError('BAD_KEY', `the key has ${bytes} bytes; ${bytesMax} are allowed`);
  }
  return keyOf(text);
}

/** False where half a surrogate pair stands alone: such text has no UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Percent-decodes one path segment or query value. Throws `code` where that is malformed. */
export function strictDecode(text: string, code: 'BAD_KEY' | 'BAD_REQUEST'): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new RingError(code, `"${text.slice(0, 64)}" is not percent-encoded UTF-8`, { cause });
  }
}

/** The key as base64url of its bytes, for keys that URLs strip. Throws BAD_KEY. */
export function keyFromBase64(text: string, bytesMax: number): Key {
  const bytes = Buffer.from(text, 'base64url');
  if (
    bytes.toString('base64url') !==
    text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')
  ) {
    throw new RingError('BAD_KEY', 'key64 is not base64url');
  }
  try {
    return checkedKey(STRICT_UTF8.decode(bytes), bytesMax);
  } catch (cause) {
    if (cause instanceof RingError) throw cause;
    throw new RingError('BAD_KEY', 'key64 does not hold UTF-8', { cause });
  }
}

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The key of `<prefix>{key}` or `<prefix>?key64=`. Throws BAD_KEY. */
export function keyFromUrl(
  { path, prefix, key64 }: { path: string; prefix: string; key64: string | null },
  bytesMax: number,
): Key {
  const segment = path.slice(prefix.length);
  if (key64 !== null) {
    if (segment !== '')
      throw new RingError('BAD_KEY', 'give the key in the path or as key64, not both');
    return keyFromBase64(key64, bytesMax);
  }
  if (segment.includes('/')) {
    throw new RingError('BAD_KEY', 'a slash within a key is written %2F');
  }
  return checkedKey(strictDecode(segment, 'BAD_KEY'), bytesMax);
}
