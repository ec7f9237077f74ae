// The query string of a request, strictly decoded; each name at most once.
import { RingError } from '../../core/errors.ts';
import { strictDecode } from './keys-in-urls.ts';

export type Query = ReadonlyMap<string, string>;

const EMPTY: Query = new Map();

/** Throws BAD_REQUEST on malformed percent-encoding and on a name that stands twice. */
export function parseQuery(text: string): Query {
  if (text === '') return EMPTY;
  const query = new Map<string, string>();
  for (const part of text.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = decode(at < 0 ? part : part.slice(0, at));
    if (query.has(name)) throw new RingError('BAD_REQUEST', `"${name}" stands twice in the query`);
    query.set(name, at < 0 ? '' : decode(part.slice(at + 1)));
  }
  return query;
}

function decode(text: string): string {
  return strictDecode(text.includes('+') ? text.replaceAll('+', ' ') : text, 'BAD_REQUEST');
}

/** The whole number of that name; null: it is absent. Throws BAD_REQUEST outside 1 … max. */
export function countIn(query: Query, name: string, max: number): number | null {
  const text = query.get(name);
  return text === undefined ? null : parseCount(text, { name, max, code: 'BAD_REQUEST' });
}

/** r or w of one request; null: the ring's. Throws BAD_QUORUM outside 1 … replicationFactor. */
export function quorumIn(query: Query, name: 'r' | 'w', replicationFactor: number): number | null {
  const text = query.get(name);
  return text === undefined
    ? null
    : parseCount(text, { name, max: replicationFactor, code: 'BAD_QUORUM' });
}

/** A whole number of 1 … max in plain digits. */
export function parseCount(
  text: string,
  { name, max, code }: { name: string; max: number; code: 'BAD_REQUEST' | 'BAD_QUORUM' },
): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(count >= 1 && count <= max)) {
    throw new RingError(
      code,
      `${name} is "${text.slice(0, 32)}"; give a whole number of 1 to ${max}`,
    );
  }
  return count;
}

/** The choice of that name; null: it is absent. */
export function choiceIn<T extends string>(
  query: Query,
  name: string,
  choices: readonly T[],
): T | null {
  const text = query.get(name);
  if (text === undefined) return null;
  if (choices.includes(text as T)) return text as T;
  throw new RingError(
    'BAD_REQUEST',
    `${name} is "${text.slice(0, 32)}"; give ${choices.join(' or ')}`,
  );
}
