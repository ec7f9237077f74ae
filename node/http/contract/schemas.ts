// The JSON that answers and requests hold, as JSON Schema (2020-12). The tests hold real answers
// against it.
import { BATCH_ITEMS_MAX, CONTENT_TYPE_BYTES_MAX, TTL_SECONDS_MAX } from '../../../core/limits.ts';
import { ERRORS } from '../../../core/errors.ts';
import type { JsonSchema } from './route.ts';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const flag = { type: 'boolean' } as const;
const nullable = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

/** All fields are there, except those whose name ends in `?`. */
function shape(fields: Readonly<Record<string, JsonSchema>>, about?: string): JsonSchema {
  const required = Object.keys(fields).filter((name) => !name.endsWith('?'));
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [name.replace(/\?$/, ''), schema]),
  );
  return {
    type: 'object',
    ...(about === undefined ? {} : { description: about }),
    properties,
    ...(required.length === 0 ? {} : { required }),
  };
}

/** What requests hold: a field that is not named is refused. */
const exact = (schema: JsonSchema): JsonSchema => ({ ...schema, additionalProperties: false });

export const ref = (name: keyof typeof SCHEMAS): JsonSchema => ({
  $ref: `#/components/schemas/${name}`,
});

const valueFields = {
  'value?': { ...text, description: 'Where the bytes are UTF-8.' },
  'value64?': { ...text, description: 'base64, where they are not.' },
  metadata: { $ref: '#/components/schemas/Metadata' },
};

/** What a client can meet: codes of storage, transport and operator never leave their rooms. */
const INNER = new Set([
  'UNAUTHORIZED',
  'STALE_DOCUMENT',
  'NEWER_FORMAT',
  'STORE_LOCKED',
  'STORE_FAILED',
  'HANDSHAKE_REFUSED',
  'FRAME_INVALID',
  'MANIFEST_INVALID',
  'CONFLICT',
  'FORBIDDEN',
  'INVALID',
]);
const CODES = Object.keys(ERRORS).filter((code) => !INNER.has(code));

const OPERATION = exact(
  shape({
    op: { ...text, enum: ['get', 'put', 'delete'] },
    'key?': { ...text, minLength: 1 },
    'key64?': text,
    'value?': { ...text, description: 'Of a put: text.' },
    'value64?': { ...text, description: 'Of a put: base64.' },
    'contentType?': { ...text, minLength: 1, maxLength: CONTENT_TYPE_BYTES_MAX },
    'ttlSeconds?': { type: 'integer', minimum: 1, maximum: TTL_SECONDS_MAX },
    'context?': text,
    'ifMatch?': text,
    'ifNoneMatch?': text,
    'r?': { type: 'integer', minimum: 1 },
    'w?': { type: 'integer', minimum: 1 },
  }),
);

const MEMBER = shape({
  id: text,
  incarnation: text,
  address: { ...text, description: 'host:port for other members.' },
  clientAddress: { ...text, description: 'host:port for clients.' },
  zone: text,
  state: { ...text, enum: ['joining', 'serving', 'leaving', 'left'] },
  lost: flag,
  slotsOwned: count,
  slotsReplicated: count,
  slotsNext: nullable(count),
});

const HOLDER = shape({
  id: nullable(text),
  incarnation: text,
  zone: nullable(text),
  address: nullable(text),
  'replica?': flag,
});

const PHASE = { ...text, enum: ['stable', 'write-both', 'read-new'] };

export const SCHEMAS = {
  Problem: shape(
    {
      type: text,
      title: text,
      status: { type: 'integer' },
      detail: { ...text, description: 'For people; match code.' },
      code: { ...text, enum: CODES },
      retryable: { ...flag, description: 'The same request may succeed later.' },
      'needed?': { ...count, description: 'Members that had to answer.' },
      'answered?': { ...count, description: 'Members that did.' },
      'maybeApplied?': { ...flag, description: 'The write may have happened all the same.' },
      requestId: text,
    },
    'RFC 9457',
  ),
  Metadata: shape({
    contentType: text,
    bytes: count,
    writtenAt: { ...text, format: 'date-time' },
    expiresAt: nullable({ ...text, format: 'date-time' }),
  }),
  Value: shape({ key: text, ...valueFields, context: text, etag: text }),
  Siblings: shape({
    key: text,
    siblings: listOf(shape(valueFields)),
    context: text,
    etag: text,
  }),
  Written: shape({ key: text, context: text, etag: text }),
  Operation: OPERATION,
  Batch: exact(
    shape({
      operations: {
        ...listOf({ $ref: '#/components/schemas/Operation' }),
        maxItems: BATCH_ITEMS_MAX,
      },
    }),
  ),
  BatchResult: shape(
    {
      status: { type: 'integer' },
      'key?': text,
      'value?': text,
      'value64?': text,
      'metadata?': { $ref: '#/components/schemas/Metadata' },
      'siblings?': listOf(shape(valueFields)),
      'context?': text,
      'etag?': text,
      'code?': text,
      'detail?': text,
      'retryable?': flag,
      'maybeApplied?': flag,
    },
    'As the single request would have been answered: its status, and its JSON.',
  ),
  BatchResults: shape({ results: listOf({ $ref: '#/components/schemas/BatchResult' }) }),
  Keys: shape({
    keys: listOf(shape({ key: text, etag: text })),
    cursor: { ...nullable(text), description: 'null: the end was reached.' },
  }),
  Ring: shape({
    clusterId: text,
    epoch: count,
    phase: PHASE,
    documentHash: text,
    slots: count,
    layout: { ...text, enum: ['flat', 'zoned'] },
    replicationFactor: count,
    readQuorum: count,
    writeQuorum: count,
    mode: { ...text, enum: ['strict', 'sloppy'] },
    conflicts: { ...text, enum: ['siblings', 'lastWriterWins'] },
    change: nullable(shape({ id: text, summary: text, began: count })),
    limits: shape({
      keyBytesMax: count,
      valueBytesMax: count,
      hintAgeMs: count,
      tombstoneGraceMs: count,
      operationMs: count,
    }),
    members: listOf(MEMBER),
    balance: shape({
      max: { type: 'number' },
      mean: { type: 'number' },
      ratio: { type: 'number' },
    }),
    answeredBy: { ...text, description: 'Incarnation of the node that answered.' },
    silentPeers: listOf(text),
    document: { type: 'object', description: 'The ring document itself.' },
  }),
  Owner: shape({
    key: text,
    hash: text,
    slot: count,
    epoch: count,
    phase: PHASE,
    owner: HOLDER,
    preferenceList: listOf(HOLDER),
    writeSets: listOf(listOf(HOLDER)),
  }),
  Check: shape({
    ok: flag,
    epoch: count,
    documentHash: text,
    problems: listOf(text),
    members: listOf(
      shape({
        id: text,
        incarnation: text,
        epoch: nullable(count),
        documentHash: nullable(text),
        heardMsAgo: nullable({ type: 'number' }),
        verdict: { ...text, enum: ['agrees', 'behind', 'ahead', 'differs', 'silent', 'lost'] },
        firstDifference: nullable(
          shape(
            { slot: count, here: listOf(listOf(text)), there: listOf(listOf(text)) },
            'The first slot that it holds to be others’; here: at the node that was asked.',
          ),
        ),
        detail: { ...text, description: 'The same for people; empty where it agrees.' },
      }),
    ),
  }),
} satisfies Record<string, JsonSchema>;
