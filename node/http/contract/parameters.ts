// Parameters and answer headers, as every route that has them means them.
import {
  CONTENT_TYPE_BYTES_MAX,
  DATA_LIMITS,
  LIST_LIMIT_DEFAULT,
  LIST_LIMIT_MAX,
  REPLICATION_FACTOR_MAX,
  REQUEST_ID_BYTES_MAX,
  TTL_SECONDS_MAX,
} from '../../../core/limits.ts';
import type { AnswerHeader, Parameter } from './route.ts';

const text = { type: 'string' } as const;
/** `*`, or ETags in double quotes with commas between. */
const etags = {
  type: 'string',
  pattern: '^(\\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$',
} as const;
/** As an encoder makes it: no length that no bytes have, no bits beyond the last byte. */
const BASE64URL =
  '^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{4}|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]|[A-Za-z0-9_-][AQgw])$';
const whole = (maximum: number) => ({ type: 'integer', minimum: 1, maximum }) as const;

export const KEY: Parameter = {
  name: 'key',
  in: 'path',
  about:
    `1 to ${DATA_LIMITS.keyBytesMax} bytes of UTF-8, percent-encoded, a slash within it as %2F; taken ` +
    'as it is. Keys that URLs cannot carry (`.`, `..`) go as `?key64=` instead.',
  schema: { ...text, minLength: 1, maxLength: DATA_LIMITS.keyBytesMax },
  example: 'greeting',
};

export const KEY64: Parameter = {
  name: 'key64',
  in: 'query',
  about: 'The key as base64url of its bytes, for keys that URLs cannot carry.',
  schema: { ...text, minLength: 2, pattern: BASE64URL },
  example: 'Z3JlZXRpbmc',
};

export const R: Parameter = {
  name: 'r',
  in: 'query',
  about: 'So many members must answer, 1 to N; the ring’s read quorum otherwise.',
  schema: whole(REPLICATION_FACTOR_MAX),
};

export const W: Parameter = {
  name: 'w',
  in: 'query',
  about: 'So many members must hold it on disk, 1 to N; the ring’s write quorum otherwise.',
  schema: whole(REPLICATION_FACTOR_MAX),
};

export const RESOLVE: Parameter = {
  name: 'resolve',
  in: 'query',
  about: 'Where writes were concurrent: the latest value alone.',
  schema: { ...text, enum: ['latest'] },
};

export const FORMAT: Parameter = {
  name: 'format',
  in: 'query',
  about: '`json`: value, context and metadata as one document.',
  schema: { ...text, enum: ['json', 'raw'] },
};

export const PREFIX: Parameter = {
  name: 'prefix',
  in: 'query',
  about: 'Only keys that start with it.',
  schema: text,
};

export const LIMIT: Parameter = {
  name: 'limit',
  in: 'query',
  about: 'Keys of this page.',
  schema: { ...whole(LIST_LIMIT_MAX), default: LIST_LIMIT_DEFAULT },
};

export const CURSOR: Parameter = {
  name: 'cursor',
  in: 'query',
  about: 'Goes on where the page that gave it ended; empty: from the start.',
  schema: { ...text, pattern: '^[A-Za-z0-9_-]*$' },
};

export const MEMBER: Parameter = {
  name: 'member',
  in: 'query',
  about: 'Only keys of which this member has a copy, by its id.',
  schema: text,
};

export const CONTEXT: Parameter = {
  name: 'X-Ring-Context',
  in: 'header',
  about:
    '“I have read this”: replaces exactly what was read. An old one makes siblings, one of another ' +
    'key or ring is refused. Without one a write replaces all that was acknowledged before it began.',
  schema: { ...text, minLength: 1, pattern: '^[A-Za-z0-9_-]+$' },
};

export const TTL: Parameter = {
  name: 'X-Ring-TTL',
  in: 'header',
  about: 'Whole seconds that the value lives.',
  schema: whole(TTL_SECONDS_MAX),
};

export const CONTENT_TYPE_ABOUT =
  `Kept with the value and given back, up to ${CONTENT_TYPE_BYTES_MAX} characters; ` +
  'application/octet-stream where it is absent.';

export const IF_MATCH: Parameter = {
  name: 'If-Match',
  in: 'header',
  about: 'Only if the key’s ETag is among these; `*`: only if it holds a value.',
  schema: etags,
};

export const IF_NONE_MATCH_ANY: Parameter = {
  name: 'If-None-Match',
  in: 'header',
  about: '`*`: only if the key holds no value. Not together with If-Match.',
  schema: { ...text, enum: ['*'] },
};

export const IF_NONE_MATCH: Parameter = {
  name: 'If-None-Match',
  in: 'header',
  about: 'Answered with 304 where the key’s ETag is among these.',
  schema: etags,
};

/** What every request takes. */
export const EVERYWHERE: readonly Parameter[] = [
  {
    name: 'X-Request-Id',
    in: 'header',
    about:
      `1 to ${REQUEST_ID_BYTES_MAX} of A-Z a-z 0-9 . _ : + / = -; comes back, and stands in the log ` +
      'lines of every node that the request reached. Anything else is replaced by one made here.',
    schema: text,
  },
  {
    name: 'X-Ring-Cluster',
    in: 'header',
    about: 'The clusterId that is meant: a node of another ring answers 421 and does nothing.',
    schema: { ...text, pattern: '^[0-9a-f]{16}$' },
  },
  {
    name: 'traceparent',
    in: 'header',
    about:
      'W3C trace context. Its trace id stands in the log lines about the request, and is the id of one ' +
      'that has no X-Request-Id.',
    schema: text,
  },
];

const answered = (name: string, about: string, schema: object = text): AnswerHeader => ({
  name,
  about,
  schema: schema as AnswerHeader['schema'],
});

export const ETAG_ANSWERED = answered('ETag', 'Equal exactly for the same versions.');
export const CONTEXT_ANSWERED = answered(
  'X-Ring-Context',
  'What the ring knows of the key; opaque. A write that sends it back replaces exactly this.',
);
export const TTL_ANSWERED = answered('X-Ring-TTL', 'Seconds left, where the value ends.', {
  type: 'integer',
});
export const LOCATION_ANSWERED = answered('Location', 'Where the created value is.');
export const EPOCH_ANSWERED = answered(
  'X-Ring-Epoch',
  'Epoch of the ring as the answering node knows it; absent where it knows none.',
  { type: 'integer' },
);
export const REQUEST_ID_ANSWERED = answered('X-Request-Id', 'The request’s id.');
