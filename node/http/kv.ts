// /v1/kv/{key}: one key's value. Parses a request, asks the ring, renders its answer.
import type { Middleware } from 'koa';
import { RingError } from '../../core/errors.ts';
import type { Key, Sibling } from '../../core/api/object.ts';
import type { ReadResult, WriteCondition, WriteResult } from '../../core/api/requests.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { CONTENT_TYPE_BYTES_MAX, TTL_SECONDS_MAX } from '../../core/limits.ts';
import { latestSibling } from '../../core/version/siblings.ts';
import { readBody } from './body.ts';
import { readVerdict, writeCondition } from './conditions.ts';
import type { ContextCodec } from './context.ts';
import { RequestFailed } from './errors.ts';
import { queryOf, serve } from './contract/route.ts';
import type { Route } from './contract/route.ts';
import { CREATE, PUT, READ, REMOVE } from './contract/value-routes.ts';
import { ask, documentOf } from './exchange.ts';
import type { Exchange, ExchangeState, Ring, Routes } from './exchange.ts';
import { keyFromUrl } from './keys-in-urls.ts';
import { choiceIn, parseCount, quorumIn } from './query.ts';
import type { Query } from './query.ts';
import { bytesOf, multipart, secondsLeft, valueView } from './render.ts';

const PREFIX = '/v1/kv/';
export const DEFAULT_TYPE = 'application/octet-stream';

export interface KvOptions {
  readonly ring: Ring;
  readonly contexts: ContextCodec;
  readonly now: () => number;
}

type Handler = (ctx: Exchange) => Promise<void>;

/**
 * Registers the routes, and returns a middleware that takes most of their requests past the
 * router: matching `/v1/kv/…` there costs as much as the read itself.
 */
export function kvRoutes(router: Routes, options: KvOptions): Middleware<ExchangeState> {
  const handlers: Readonly<Record<string, Handler>> = {
    GET: (ctx) => read(ctx, options),
    HEAD: (ctx) => read(ctx, options),
    PUT: (ctx) => put(ctx, options),
    POST: (ctx) => post(ctx, options),
    DELETE: (ctx) => remove(ctx, options),
  };
  for (const route of [READ, PUT, CREATE, REMOVE])
    serve(router, route, handlers[route.method.toUpperCase()]!);
  return (ctx, next) => {
    const { method, url } = ctx.req;
    const handler = url!.startsWith(PREFIX) ? handlers[method!] : undefined;
    return handler === undefined ? next() : handler(ctx);
  };
}

/** One request's parts that all verbs share. */
interface Target {
  readonly document: RingDocument;
  readonly query: Query;
  readonly key: Key;
}

function targetOf(ctx: Exchange, ring: Ring, route: Route): Target {
  const document = documentOf(ring, ctx);
  const query = queryOf(ctx, route);
  const path = ctx.path === '/v1/kv' ? PREFIX : ctx.path;
  const key = keyFromUrl(
    { path, prefix: PREFIX, key64: query.get('key64') ?? null },
    document.limits.keyBytesMax,
  );
  return { document, query, key };
}

function read(ctx: Exchange, { ring, contexts, now }: KvOptions): Promise<void> {
  ctx.state.verb = ctx.method === 'HEAD' ? 'head' : 'get';
  const target = targetOf(ctx, ring, READ);
  const { document, query, key } = target;
  const asJson = choiceIn(query, 'format', ['json', 'raw']) === 'json';
  const resolve = choiceIn(query, 'resolve', ['latest']) === 'latest';
  const quorum = quorumIn(query, 'r', document.current.replicationFactor);
  const request = { kind: 'read', id: ctx.state.requestId, key, quorum } as const;
  return ask(ring, request).then((result) => {
    const context = contexts.encode(result.context, { clusterId: document.clusterId, key });
    const found = result.siblings.length > 0;
    const verdict = readVerdict(conditionHeaders(ctx), found ? result.etag : null);
    const single = result.siblings.length === 1 || resolve ? latestSibling(result.siblings) : null;
    if (single !== null && verdict === 'send' && !asJson) {
      const { epoch } = ring.document ?? document;
      sendValue(ctx, single, { etag: result.etag, context, epoch, nowMs: now() });
      return;
    }
    // A deleted key has a context too: who writes on top of it never makes a sibling. One that was never
    // written has an empty one: a write that sends it stands beside what others write meanwhile.
    ctx.set('X-Ring-Context', context);
    if (verdict === 'failed')
      throw new RingError('PRECONDITION_FAILED', 'If-Match names another version');
    if (!found) throw new RingError('NOT_FOUND', 'the key holds no value');
    ctx.set('ETag', `"${result.etag}"`);
    if (verdict === 'not-modified') ctx.status = 304;
    else render(ctx, { key, context, result, single, asJson });
  });
}

/**
 * The hot path: one value as it is, in one write past Koa's response object. A value is somebody
 * else's bytes: a browser must neither guess its type nor run it as ours.
 */
function sendValue(
  ctx: Exchange,
  value: Sibling,
  { etag, context, epoch, nowMs }: { etag: string; context: string; epoch: number; nowMs: number },
): void {
  const body = bytesOf(value);
  const headers = [
    'Content-Type',
    value.contentType,
    'Content-Length',
    String(body.length),
    'ETag',
    `"${etag}"`,
    'X-Ring-Context',
    context,
    'X-Ring-Epoch',
    String(epoch),
    'X-Request-Id',
    ctx.state.shownId,
    'X-Content-Type-Options',
    'nosniff',
    'Content-Security-Policy',
    'sandbox',
  ];
  if (value.expiresAtMs > 0) headers.push('X-Ring-TTL', String(secondsLeft(value, nowMs)));
  ctx.respond = false;
  ctx.res.writeHead(200, headers).end(body);
}

interface Rendering {
  readonly key: Key;
  readonly context: string;
  readonly result: ReadResult;
  /** null: all siblings are sent. */
  readonly single: Sibling | null;
  readonly asJson: boolean;
}

function render(ctx: Exchange, { key, context, result, single, asJson }: Rendering): void {
  const { siblings, etag } = result;
  if (single !== null) {
    sendJson(ctx, 200, { key: key.text, ...valueView(single), context, etag });
  } else if (asJson || ctx.accepts('application/json', 'multipart/mixed') !== 'multipart/mixed') {
    sendJson(ctx, 300, { key: key.text, siblings: siblings.map(valueView), context, etag });
  } else {
    const { type, body } = multipart(siblings);
    ctx.status = 300;
    ctx.set('Content-Type', type);
    ctx.body = body;
  }
}

async function put(ctx: Exchange, options: KvOptions): Promise<void> {
  ctx.state.verb = 'put';
  const target = targetOf(ctx, options.ring, PUT);
  const result = await write(ctx, target, options, writeCondition(conditionHeaders(ctx))).catch(
    asPrecondition,
  );
  rendered(ctx, { target, result, options, status: 204 });
}

async function post(ctx: Exchange, options: KvOptions): Promise<void> {
  ctx.state.verb = 'post';
  const target = targetOf(ctx, options.ring, CREATE);
  if (writeCondition(conditionHeaders(ctx)).kind === 'matches') {
    throw new RingError('BAD_REQUEST', 'POST creates a key: it takes no If-Match');
  }
  const result = await write(ctx, target, options, { kind: 'absent' });
  ctx.set('Location', locationOf(ctx, target));
  rendered(ctx, { target, result, options, status: 201 });
}

/** The value itself: what the query asks of this one answer is left out. */
function locationOf({ path }: Exchange, { query }: Target): string {
  const key64 = query.get('key64');
  return key64 === undefined ? path : `${path}?key64=${encodeURIComponent(key64)}`;
}

/**
 * Only POST creates; to a PUT or DELETE with If-None-Match: * an existing key is a failed
 * condition.
 */
function asPrecondition(error: unknown): never {
  throw error instanceof RequestFailed && error.code === 'ALREADY_EXISTS'
    ? new RequestFailed({ ...error.result, code: 'PRECONDITION_FAILED' })
    : error;
}

async function remove(ctx: Exchange, options: KvOptions): Promise<void> {
  ctx.state.verb = 'delete';
  const target = targetOf(ctx, options.ring, REMOVE);
  const result = await ask(options.ring, {
    kind: 'write',
    id: ctx.state.requestId,
    key: target.key,
    value: null,
    contentType: '',
    expiresAtMs: 0,
    ...writeTerms(ctx, target, options, writeCondition(conditionHeaders(ctx))),
  }).catch(asPrecondition);
  rendered(ctx, { target, result, options, status: 204 });
}

async function write(
  ctx: Exchange,
  target: Target,
  options: KvOptions,
  condition: WriteCondition,
): Promise<WriteResult> {
  // Everything that can be refused is refused before the body is read.
  const terms = writeTerms(ctx, target, options, condition);
  const contentType = contentTypeOf(ctx);
  const ttlSeconds = ttlOf(ctx);
  const value = await readBody(ctx.req, ctx.res, target.document.limits.valueBytesMax);
  return ask(options.ring, {
    kind: 'write',
    id: ctx.state.requestId,
    key: target.key,
    value,
    contentType,
    expiresAtMs: ttlSeconds === null ? 0 : options.now() + ttlSeconds * 1000,
    ...terms,
  });
}

function writeTerms(
  ctx: Exchange,
  { document, query, key }: Target,
  { contexts }: KvOptions,
  condition: WriteCondition,
): Pick<Parameters<typeof ask<'write'>>[1], 'context' | 'condition' | 'quorum'> {
  // An empty one is not none: who lost what it read must not replace what it never saw.
  const context = ctx.req.headers['x-ring-context'];
  return {
    // An empty one is most likely a variable that was never set: without a context the write would
    // replace what its sender has not seen.
    context:
      context === undefined
        ? null
        : contexts.decode(String(context), { clusterId: document.clusterId, key }),
    condition,
    quorum: quorumIn(query, 'w', document.current.replicationFactor),
  };
}

function rendered(
  ctx: Exchange,
  {
    target,
    result,
    options,
    status,
  }: { target: Target; result: WriteResult; options: KvOptions; status: number },
): void {
  const { document, key, query } = target;
  const context = options.contexts.encode(result.context, { clusterId: document.clusterId, key });
  ctx.set('ETag', `"${result.etag}"`);
  ctx.set('X-Ring-Context', context);
  if (choiceIn(query, 'format', ['json', 'raw']) === 'json') {
    sendJson(ctx, status === 204 ? 200 : status, { key: key.text, context, etag: result.etag });
  } else {
    ctx.status = status;
    if (status !== 204) ctx.body = '';
  }
}

function conditionHeaders(ctx: Exchange): {
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
} {
  const { headers } = ctx.req;
  return { ifMatch: headers['if-match'], ifNoneMatch: headers['if-none-match'] };
}

function contentTypeOf(ctx: Exchange): string {
  const { headers } = ctx.req;
  for (const header of ['content-encoding', 'content-range']) {
    if (headers[header] !== undefined) {
      throw new RingError(
        'BAD_REQUEST',
        `${header} is not kept with a value: send the plain bytes`,
      );
    }
  }
  return checkedContentType(headers['content-type'] ?? DEFAULT_TYPE);
}

/** Throws BAD_REQUEST where the type could not be sent back as a header. */
export function checkedContentType(type: string): string {
  if (type.length > CONTENT_TYPE_BYTES_MAX || !/^[\x21-\x7e][\x20-\x7e]*$/.test(type)) {
    throw new RingError(
      'BAD_REQUEST',
      `Content-Type has 1 to ${CONTENT_TYPE_BYTES_MAX} plain characters`,
    );
  }
  return type;
}

function ttlOf(ctx: Exchange): number | null {
  const text = ctx.req.headers['x-ring-ttl'];
  return text === undefined
    ? null
    : parseCount(String(text), { name: 'X-Ring-TTL', max: TTL_SECONDS_MAX, code: 'BAD_REQUEST' });
}

export function sendJson(ctx: Exchange, status: number, body: unknown): void {
  ctx.status = status;
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.body = JSON.stringify(body);
}
