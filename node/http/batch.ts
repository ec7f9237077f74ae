// POST /v1/batch: many reads and writes at once. Each item gets its own verdict; items of one key
// run in their order, different keys side by side.
import { requestId } from '../../core/api/ids.ts';
import type { RequestId } from '../../core/api/ids.ts';
import type { Key } from '../../core/api/object.ts';
import type { ClientRequest, WriteCondition } from '../../core/api/requests.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { RingError } from '../../core/errors.ts';
import {
  BATCH_BYTES_MAX,
  BATCH_IN_FLIGHT,
  BATCH_ITEMS_MAX,
  TTL_SECONDS_MAX,
} from '../../core/limits.ts';
import { readBody } from './body.ts';
import { queryOf, serve } from './contract/route.ts';
import { BATCH } from './contract/value-routes.ts';
import { writeCondition } from './conditions.ts';
import type { ContextCodec, ContextScope } from './context.ts';
import { problemOf } from './errors.ts';
import { ask, documentOf } from './exchange.ts';
import type { Exchange, Ring, Routes } from './exchange.ts';
import { refuseUnknownFields } from './known-names.ts';
import { checkedKey, isWellFormed, keyFromBase64 } from './keys-in-urls.ts';
import { checkedContentType, DEFAULT_TYPE, sendJson } from './kv.ts';
import type { KvOptions } from './kv.ts';
import { parseCount } from './query.ts';
import { valueView } from './render.ts';

/** One item of the request. `value64` instead of `value` for bytes that are no text; so `key64`. */
interface Item {
  readonly op: 'get' | 'put' | 'delete';
  readonly key?: string;
  readonly key64?: string;
  readonly value?: string;
  readonly value64?: string;
  readonly contentType?: string;
  readonly ttlSeconds?: number;
  readonly context?: string;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly r?: number;
  readonly w?: number;
}

type Verdict = Readonly<Record<string, unknown>> & { readonly status: number };

export function batchRoutes(router: Routes, options: KvOptions): void {
  serve(router, BATCH, (ctx) => batch(ctx, options));
}

async function batch(ctx: Exchange, options: KvOptions): Promise<void> {
  ctx.state.verb = 'batch';
  const document = documentOf(options.ring, ctx);
  queryOf(ctx, BATCH);
  const body = await readBody(ctx.req, ctx.res, BATCH_BYTES_MAX);
  const items = itemsOf(body);
  const run = new BatchRun(document, options, ctx.state.requestId);
  sendJson(ctx, 200, { results: await run.all(items) });
}

function itemsOf(body: Buffer): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new RingError('BAD_REQUEST', 'the body is not JSON', { cause });
  }
  const items = (parsed as { operations?: unknown } | null)?.operations;
  if (!Array.isArray(items)) {
    throw new RingError(
      'BAD_REQUEST',
      'the body is {"operations": [{"op": "get", "key": "a"}, …]}',
    );
  }
  refuseUnknownFields(parsed as object, { of: 'the body', takes: ['operations'] });
  if (items.length > BATCH_ITEMS_MAX) {
    throw new RingError(
      'BAD_REQUEST',
      `${items.length} operations; ${BATCH_ITEMS_MAX} are allowed`,
    );
  }
  return items;
}

class BatchRun {
  readonly #document: RingDocument;
  readonly #ring: Ring;
  readonly #contexts: ContextCodec;
  readonly #now: () => number;
  readonly #id: RequestId;
  #answerBytes = 0;

  constructor(document: RingDocument, { ring, contexts, now }: KvOptions, id: RequestId) {
    this.#document = document;
    this.#ring = ring;
    this.#contexts = contexts;
    this.#now = now;
    this.#id = id;
  }

  async all(items: readonly unknown[]): Promise<readonly Verdict[]> {
    const verdicts = new Array<Verdict>(items.length);
    const rows = [...this.#byKey(items, verdicts).values()];
    const worker = async (): Promise<void> => {
      for (let row = rows.shift(); row !== undefined; row = rows.shift()) {
        for (const { index, item, key } of row) verdicts[index] = await this.#one(item, key, index);
      }
    };
    await Promise.all(Array.from({ length: BATCH_IN_FLIGHT }, worker));
    return verdicts;
  }

  /** Items in rows of one key each; an item without a usable key has its verdict at once. */
  #byKey(
    items: readonly unknown[],
    verdicts: Verdict[],
  ): ReadonlyMap<string, { index: number; item: Item; key: Key }[]> {
    const rows = new Map<string, { index: number; item: Item; key: Key }[]>();
    items.forEach((raw, index) => {
      try {
        const item = itemFrom(raw);
        const key = keyOfItem(item, this.#document.limits.keyBytesMax);
        const row = rows.get(key.text);
        if (row === undefined) rows.set(key.text, [{ index, item, key }]);
        else row.push({ index, item, key });
      } catch (error) {
        verdicts[index] = this.#refusal(error);
      }
    });
    return rows;
  }

  async #one(item: Item, key: Key, index: number): Promise<Verdict> {
    try {
      const id = requestId(`${this.#id}.${index}`);
      return item.op === 'get' ? await this.#read(item, key, id) : await this.#write(item, key, id);
    } catch (error) {
      return { key: key.text, ...this.#refusal(error) };
    }
  }

  async #read(item: Item, key: Key, id: RequestId): Promise<Verdict> {
    if (this.#answerBytes > BATCH_BYTES_MAX) {
      throw new RingError('OVERLOADED', 'the answer of this batch is full: ask for less at once');
    }
    const result = await ask(this.#ring, {
      kind: 'read',
      id,
      key,
      quorum: this.#quorum(item, 'r'),
    });
    const found = {
      key: key.text,
      context: this.#contexts.encode(result.context, this.#scope(key)),
      etag: result.etag,
    };
    const { siblings } = result;
    if (siblings.length === 0)
      return { status: 404, code: 'NOT_FOUND', key: key.text, context: found.context };
    for (const { value } of siblings) this.#answerBytes += value?.length ?? 0;
    return siblings.length === 1
      ? { status: 200, ...found, ...valueView(siblings[0]!) }
      : { status: 300, ...found, siblings: siblings.map(valueView) };
  }

  async #write(item: Item, key: Key, id: RequestId): Promise<Verdict> {
    const request: ClientRequest = {
      kind: 'write',
      id,
      key,
      value: item.op === 'delete' ? null : valueOf(item, this.#document.limits.valueBytesMax),
      contentType:
        item.op === 'delete' ? '' : checkedContentType(item.contentType ?? defaultType(item)),
      expiresAtMs: item.ttlSeconds === undefined ? 0 : this.#now() + ttl(item.ttlSeconds) * 1000,
      context:
        item.context === undefined ? null : this.#contexts.decode(item.context, this.#scope(key)),
      condition: conditionOf(item),
      quorum: this.#quorum(item, 'w'),
    };
    const { context, etag } = await ask(this.#ring, request);
    return {
      status: 204,
      key: key.text,
      context: this.#contexts.encode(context, this.#scope(key)),
      etag,
    };
  }

  #quorum(item: Item, name: 'r' | 'w'): number | null {
    const count = item[name];
    const max = this.#document.current.replicationFactor;
    return count === undefined
      ? null
      : parseCount(String(count), { name, max, code: 'BAD_QUORUM' });
  }

  #scope(key: Key): ContextScope {
    return { clusterId: this.#document.clusterId, key };
  }

  #refusal(error: unknown): Verdict {
    return { ...problemOf(error, this.#id) };
  }
}

const FIELDS_OF_ALL = ['op', 'key', 'key64'];
const FIELDS_OF_WRITES = [...FIELDS_OF_ALL, 'w', 'context', 'ifMatch', 'ifNoneMatch'];
/** Whatever an operation says it has to mean: a `ttl` that is passed over keeps a value for ever. */
const FIELDS: Readonly<Record<Item['op'], readonly string[]>> = {
  get: [...FIELDS_OF_ALL, 'r'],
  put: [...FIELDS_OF_WRITES, 'value', 'value64', 'contentType', 'ttlSeconds'],
  delete: FIELDS_OF_WRITES,
};

const TEXT_FIELDS = [
  'key',
  'key64',
  'value',
  'value64',
  'contentType',
  'context',
  'ifMatch',
  'ifNoneMatch',
];

function itemFrom(raw: unknown): Item {
  if (typeof raw !== 'object' || raw === null)
    throw new RingError('BAD_REQUEST', 'an operation is an object');
  const item = raw as Record<string, unknown>;
  const op = item['op'];
  if (op !== 'get' && op !== 'put' && op !== 'delete')
    throw new RingError('BAD_REQUEST', 'op is "get", "put" or "delete"');
  refuseUnknownFields(item, { of: `a ${op}`, takes: FIELDS[op] });
  for (const field of TEXT_FIELDS) {
    if (item[field] !== undefined && typeof item[field] !== 'string') {
      throw new RingError('BAD_REQUEST', `${field} is a string`);
    }
  }
  return raw as Item;
}

function keyOfItem({ key, key64 }: Item, bytesMax: number): Key {
  if ((key === undefined) === (key64 === undefined)) {
    throw new RingError('BAD_KEY', 'an operation has key or key64');
  }
  return key !== undefined ? checkedKey(key, bytesMax) : keyFromBase64(key64!, bytesMax);
}

function valueOf({ value, value64 }: Item, bytesMax: number): Buffer {
  if ((value === undefined) === (value64 === undefined)) {
    throw new RingError('BAD_REQUEST', 'a put has value or value64');
  }
  if (value !== undefined && !isWellFormed(value)) {
    throw new RingError('BAD_REQUEST', 'value holds half a surrogate pair; send value64');
  }
  const bytes = value !== undefined ? Buffer.from(value) : Buffer.from(value64!, 'base64');
  if (value64 !== undefined && bytes.toString('base64') !== value64) {
    throw new RingError('BAD_REQUEST', 'value64 is not base64');
  }
  if (bytes.length > bytesMax) {
    throw new RingError(
      'VALUE_TOO_LARGE',
      `the value has ${bytes.length} bytes; ${bytesMax} are allowed`,
    );
  }
  return bytes;
}

function defaultType({ value }: Item): string {
  return value === undefined ? DEFAULT_TYPE : 'text/plain; charset=utf-8';
}

function ttl(seconds: unknown): number {
  return parseCount(String(seconds), {
    name: 'ttlSeconds',
    max: TTL_SECONDS_MAX,
    code: 'BAD_REQUEST',
  });
}

function conditionOf({ ifMatch, ifNoneMatch }: Item): WriteCondition {
  return writeCondition({ ifMatch, ifNoneMatch });
}
