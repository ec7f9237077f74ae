// Contract of /v1/kv/{key} and /v1/batch.
import type { ErrorCode } from '../../../core/errors.ts';
import { BATCH_ITEMS_MAX } from '../../../core/limits.ts';
import {
  CONTENT_TYPE_ABOUT,
  CONTEXT,
  CONTEXT_ANSWERED,
  ETAG_ANSWERED,
  FORMAT,
  IF_MATCH,
  IF_NONE_MATCH,
  IF_NONE_MATCH_ANY,
  KEY,
  LOCATION_ANSWERED,
  R,
  RESOLVE,
  TTL,
  TTL_ANSWERED,
  W,
} from './parameters.ts';
import type { Example, Route, RouteAnswer } from './route.ts';
import { ref } from './schemas.ts';

const PATH = '/v1/kv/{key}';
const PLAIN = { 'Content-Type': 'text/plain' };

/** Failures of everything that asks a quorum. */
const OF_QUORUMS: readonly ErrorCode[] = [
  'BAD_KEY',
  'BAD_QUORUM',
  'QUORUM_UNAVAILABLE',
  'STALE_EPOCH',
  'CORRUPT_RECORD',
  'PEER_UNREACHABLE',
  'TIMEOUT',
];
const OF_WRITES: readonly ErrorCode[] = [
  ...OF_QUORUMS,
  'BAD_CONTEXT',
  'TOO_MANY_SIBLINGS',
  'PRECONDITION_FAILED',
  'NOT_A_REPLICA',
  'DISK_FULL',
];

const FOUND: RouteAnswer = {
  about: 'The value as it was stored, with its content type.',
  headers: [ETAG_ANSWERED, CONTEXT_ANSWERED, TTL_ANSWERED],
  content: { '*/*': true },
};
const SIBLINGS: RouteAnswer = {
  about: 'Several values were written concurrently; `?resolve=latest` gives the latest alone.',
  headers: [ETAG_ANSWERED, CONTEXT_ANSWERED],
  content: { 'application/json': ref('Siblings'), 'multipart/mixed': true },
};
const SAME: RouteAnswer = {
  about: 'The ETag is among those of If-None-Match.',
  headers: [ETAG_ANSWERED],
};
const WRITTEN: RouteAnswer = {
  about: 'Durable on as many members as the write quorum names.',
  headers: [ETAG_ANSWERED, CONTEXT_ANSWERED],
};
const WRITTEN_AS_JSON: RouteAnswer = {
  about: 'The same, with `?format=json`.',
  headers: [ETAG_ANSWERED, CONTEXT_ANSWERED],
  content: { 'application/json': ref('Written') },
};
const BODY = { about: `The value. ${CONTENT_TYPE_ABOUT}`, content: { '*/*': true } } as const;

const stored = (path: string, body = 'hello') => ({ method: 'PUT', path, headers: PLAIN, body });

const READ_EXAMPLES: readonly Example[] = [
  {
    title: 'A value as it was stored',
    first: [stored('/v1/kv/greeting')],
    request: { method: 'GET', path: '/v1/kv/greeting' },
    status: 200,
    answer: 'hello',
  },
  {
    title: 'As JSON',
    first: [stored('/v1/kv/greeting')],
    request: { method: 'GET', path: '/v1/kv/greeting?format=json' },
    status: 200,
    answer: {
      key: 'greeting',
      value: 'hello',
      metadata: {
        contentType: 'text/plain',
        bytes: 5,
        writtenAt: '2026-11-21T02:50:13.626Z',
        expiresAt: null,
      },
      context: 'AeQGpEDGnPoA',
      etag: 'pAx4ecx5f-D',
    },
  },
  {
    title: 'Nothing there',
    request: { method: 'GET', path: '/v1/kv/nobody' },
    status: 404,
    answer: {
      type: 'urn:ringkeeper:error:NOT_FOUND',
      title: 'There is no such thing',
      status: 404,
      detail: 'the key holds no value',
      code: 'NOT_FOUND',
      retryable: false,
      requestId: '2f750e67f488-2',
    },
  },
];

export const READ: Route = {
  id: 'readValue',
  method: 'get',
  path: PATH,
  tag: 'values',
  summary: 'Read a value',
  parameters: [KEY, R, RESOLVE, FORMAT, IF_MATCH, IF_NONE_MATCH],
  answers: { 200: FOUND, 300: SIBLINGS, 304: SAME },
  errors: [...OF_QUORUMS, 'NOT_FOUND', 'PRECONDITION_FAILED'],
  examples: READ_EXAMPLES,
};

export const LOOK: Route = {
  ...READ,
  id: 'lookAtValue',
  method: 'head',
  summary: 'Read a value’s headers',
  examples: [
    {
      title: 'Is it there?',
      first: [stored('/v1/kv/greeting')],
      request: { method: 'HEAD', path: '/v1/kv/greeting' },
      status: 200,
    },
  ],
};

export const PUT: Route = {
  id: 'writeValue',
  method: 'put',
  path: PATH,
  tag: 'values',
  summary: 'Store a value',
  parameters: [KEY, W, FORMAT, CONTEXT, TTL, IF_MATCH, IF_NONE_MATCH_ANY],
  body: BODY,
  answers: { 200: WRITTEN_AS_JSON, 204: WRITTEN },
  errors: [...OF_WRITES, 'VALUE_TOO_LARGE'],
  examples: [
    { title: 'Store text', request: stored('/v1/kv/greeting'), status: 204 },
    {
      title: 'For an hour',
      request: { ...stored('/v1/kv/session'), headers: { ...PLAIN, 'X-Ring-TTL': '3600' } },
      status: 204,
    },
    {
      title: 'Only where nothing is',
      first: [stored('/v1/kv/greeting')],
      request: { ...stored('/v1/kv/greeting'), headers: { ...PLAIN, 'If-None-Match': '*' } },
      status: 412,
    },
  ],
};

export const CREATE: Route = {
  id: 'createValue',
  method: 'post',
  path: PATH,
  tag: 'values',
  summary: 'Store a value where there is none',
  parameters: [KEY, W, FORMAT, CONTEXT, TTL, IF_NONE_MATCH_ANY],
  body: BODY,
  answers: {
    201: {
      ...WRITTEN,
      headers: [ETAG_ANSWERED, CONTEXT_ANSWERED, LOCATION_ANSWERED],
      content: { 'application/json': ref('Written'), 'text/plain': true },
    },
  },
  errors: [...OF_WRITES, 'ALREADY_EXISTS', 'VALUE_TOO_LARGE'],
  examples: [
    {
      title: 'Create',
      request: { ...stored('/v1/kv/account-1'), method: 'POST' },
      status: 201,
    },
    {
      title: 'It is there already',
      first: [stored('/v1/kv/account-2')],
      request: { ...stored('/v1/kv/account-2'), method: 'POST' },
      status: 409,
      answer: {
        type: 'urn:ringkeeper:error:ALREADY_EXISTS',
        title: 'The key exists already',
        status: 409,
        detail: 'the key holds a value already',
        code: 'ALREADY_EXISTS',
        retryable: false,
        requestId: '2f750e67f488-2',
      },
    },
  ],
};

export const REMOVE: Route = {
  id: 'deleteValue',
  method: 'delete',
  path: PATH,
  tag: 'values',
  summary: 'Delete a value',
  about: 'Succeeds also where there was nothing.',
  parameters: [KEY, W, FORMAT, CONTEXT, IF_MATCH, IF_NONE_MATCH_ANY],
  answers: { 200: WRITTEN_AS_JSON, 204: WRITTEN },
  errors: OF_WRITES,
  examples: [
    {
      title: 'Delete',
      first: [stored('/v1/kv/greeting')],
      request: { method: 'DELETE', path: '/v1/kv/greeting' },
      status: 204,
    },
  ],
};

export const BATCH: Route = {
  id: 'batch',
  method: 'post',
  path: '/v1/batch',
  tag: 'values',
  summary: 'Many reads and writes at once',
  about:
    `Up to ${BATCH_ITEMS_MAX} operations. Results come in their order, each with a status of its own. ` +
    'Operations on one key run in their order, different keys side by side. It is no transaction. ' +
    'An operation that makes no sense fails alone.',
  parameters: [],
  body: { about: 'The operations, as JSON.', content: { 'application/json': ref('Batch') } },
  answers: {
    200: { about: 'One result each.', content: { 'application/json': ref('BatchResults') } },
  },
  errors: ['VALUE_TOO_LARGE'],
  examples: [
    {
      title: 'Write, read and delete',
      request: {
        method: 'POST',
        path: '/v1/batch',
        headers: { 'Content-Type': 'application/json' },
        body: {
          operations: [
            { op: 'put', key: 'a', value: '1' },
            { op: 'get', key: 'nobody' },
            { op: 'delete', key: 'b' },
          ],
        },
      },
      status: 200,
      answer: {
        results: [
          { status: 204, key: 'a', context: 'AeQGpEDGnPoA', etag: 'pAx4ecx5f-D' },
          { status: 404, code: 'NOT_FOUND', key: 'nobody', context: 'AeQGpEDGnPoA' },
          { status: 204, key: 'b', context: 'AeQGpEDGnPoA', etag: 'pAx4ecx5f-D' },
        ],
      },
    },
  ],
};
