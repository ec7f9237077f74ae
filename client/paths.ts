// Keys and queries as they stand in a URL.
import { RingkeeperError } from './errors.ts';

/** base64url of keys that URLs strip. */
const STRIPPED: Readonly<Record<string, string>> = { '.': 'Lg', '..': 'Li4' };

export type QueryValues = Readonly<Record<string, string | number | undefined>>;

/** Throws BAD_KEY where the key cannot be one: it is empty, or no Unicode. */
export function pathOf(key: string, query: QueryValues = {}): string {
  const key64 = STRIPPED[key];
  if (key64 !== undefined) return `/v1/kv${queryText({ ...query, key64 })}`;
  return `/v1/kv/${encodedKey(key)}${queryText(query)}`;
}

function encodedKey(key: string): string {
  if (key === '') throw new RingkeeperError('BAD_KEY', 'the key is empty; it has 1 byte or more');
  try {
    return encodeURIComponent(key);
  } catch (cause) {
    throw new RingkeeperError('BAD_KEY', 'the key holds half a surrogate pair', { cause });
  }
}

export function queryText(query: QueryValues): string {
  let text = '';
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    text += `${text === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`;
  }
  return text;
}
