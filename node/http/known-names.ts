// Refuses names that mean nothing here, and says what was probably meant: a misspelt `ttl` that is
// passed over would let a value live for ever.
import { nearest } from '../../core/api/suggestion.ts';
import { RingError } from '../../core/errors.ts';

/** What is often looked for in a query, and stands in a header. */
const HEADERS = ['X-Ring-TTL', 'X-Ring-Context', 'If-Match', 'If-None-Match', 'Content-Type'];

/** Throws BAD_REQUEST on a query parameter that the route does not take. */
export function refuseUnknownQuery(names: Iterable<string>, takes: readonly string[]): void {
  for (const name of names) {
    if (takes.includes(name)) continue;
    throw unknown(name, { what: 'query parameter of this route', takes, headers: HEADERS });
  }
}

/** Throws BAD_REQUEST on a field of a JSON body that its reader does not take. */
export function refuseUnknownFields(
  body: object,
  { of, takes }: { readonly of: string; readonly takes: readonly string[] },
): void {
  for (const name of Object.keys(body)) {
    if (!takes.includes(name)) throw unknown(name, { what: `field of ${of}`, takes, headers: [] });
  }
}

interface Unknown {
  readonly what: string;
  readonly takes: readonly string[];
  readonly headers: readonly string[];
}

function unknown(name: string, { what, takes, headers }: Unknown): RingError {
  const known = takes.length === 0 ? 'it takes none' : `it takes ${takes.join(', ')}`;
  const meant = meantBy(name, takes) ?? meantBy(name, headers, 'the header ');
  return new RingError(
    'BAD_REQUEST',
    `"${name.slice(0, 64)}" is no ${what}; ${known}` +
      (meant === null ? '' : `. Did you mean ${meant}?`),
  );
}

/** By its spelling, or by a part of the word that says it all: `ttl` of `ttlSeconds`. */
function meantBy(name: string, words: readonly string[], before = ''): string | null {
  const plain = bare(name);
  const word =
    words.find((one) => plain.length > 2 && bare(one).includes(plain)) ??
    words.find((one) => nearest(plain, [bare(one)]) !== null) ??
    null;
  return word === null ? null : `${before}${word}`;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
