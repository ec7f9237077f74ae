// The client of a ring: what an application calls. It learns the ring and asks replicas directly, so
// that most calls take one hop; where it knows nothing, it asks the address that it was given.
import type { RingDocument } from '../core/api/ring-document.ts';
import { Attempts } from './attempts.ts';
import type { Done, Work } from './attempts.ts';
import { batch } from './batch.ts';
import type { BatchOperation, BatchOptions, BatchResult } from './batch.ts';
import { RingkeeperError } from './errors.ts';
import { keyPages } from './keys.ts';
import type { ListedKey } from './keys.ts';
import { pathOf } from './paths.ts';
import { settingsOf } from './options.ts';
import type {
  ConnectOptions,
  KeysOptions,
  PutOptions,
  ReadOptions,
  WriteOptions,
} from './options.ts';
import { update } from './update.ts';
import type { Before, Change, UpdateOptions } from './update.ts';
import { encoded, Found, Value, valuesFrom } from './values.ts';
import type { ShownValue, Storable, Versions } from './values.ts';

export type { BatchOperation, BatchOptions, BatchResult } from './batch.ts';
export { RingkeeperError } from './errors.ts';
export type { ErrorFacts, RingErrorCode } from './errors.ts';
export type { ListedKey } from './keys.ts';
export type {
  Attempt,
  CallOptions,
  ConnectOptions,
  KeysOptions,
  Operation,
  PutOptions,
  ReadOptions,
  WriteOptions,
} from './options.ts';
export type { Change, UpdateOptions } from './update.ts';
export { Found, Value } from './values.ts';
export type { JsonValue, Storable, Versions } from './values.ts';

/** What the client knows of the ring at the moment. */
export interface RingSummary {
  readonly clusterId: string;
  readonly epoch: number;
  readonly phase: RingDocument['phase'];
  readonly members: readonly {
    readonly id: string;
    readonly state: string;
    /** Where it is asked directly; null: nowhere. */
    readonly url: string | null;
  }[];
}

/**
 * A client of the ring at this address. Nothing is sent before the first call.
 * Throws TypeError where the address is no URL.
 */
export function connect(where: string | ConnectOptions): RingClient {
  return new RingClient(typeof where === 'string' ? { url: where } : where);
}

/**
 * Every method rejects with RingkeeperError, or with the reason of the caller's AbortSignal. Where a
 * write is given up with a signal, it may have been applied.
 */
export class RingClient {
  readonly #attempts: Attempts;

  constructor(options: ConnectOptions) {
    this.#attempts = new Attempts(settingsOf(options));
  }

  /** Resolves once the ring is known, so that the first calls go to replicas too. Never needed. */
  async ready(): Promise<void> {
    await this.#attempts.directory.learn();
  }

  /** null: it was not learned yet, or nobody told. */
  get ring(): RingSummary | null {
    const ring = this.#attempts.directory.ring;
    if (ring === null) return null;
    const { document, places } = ring;
    const { clusterId, epoch, phase } = document;
    const members = document.members.map(({ id, state, incarnation }) => ({
      id,
      state,
      url: places.get(incarnation)?.url ?? null,
    }));
    return { clusterId, epoch, phase, members };
  }

  /** null: the key holds no value. */
  async get(key: string, options: ReadOptions = {}): Promise<Found | null> {
    return (await this.#read(key, options)).found;
  }

  /** Replaces what the key holds: all of it, or with `context` exactly what was read. */
  async put(key: string, value: Storable, options: PutOptions = {}): Promise<Versions> {
    const { body, contentType } = encoded(value, options.contentType);
    const done = await this.#attempts.run(
      {
        ...writing(key, options),
        operation: 'put',
        method: 'PUT',
        headers: { ...writeHeaders(options), 'content-type': contentType },
        body,
      },
      options,
    );
    return versionsIn(done);
  }

  /** Rejects with ALREADY_EXISTS where the key holds a value. */
  async create(key: string, value: Storable, options: PutOptions = {}): Promise<Versions> {
    const { body, contentType } = encoded(value, options.contentType);
    const done = await this.#attempts.run(
      {
        ...writing(key, options),
        operation: 'create',
        method: 'POST',
        headers: { ...writeHeaders(options), 'content-type': contentType },
        body,
      },
      options,
    );
    return versionsIn(done);
  }

  /** Also where there was nothing. */
  async delete(key: string, options: WriteOptions = {}): Promise<Versions> {
    const done = await this.#attempts.run(
      {
        ...writing(key, options),
        operation: 'delete',
        method: 'DELETE',
        headers: writeHeaders(options),
      },
      options,
    );
    return versionsIn(done);
  }

  /**
   * Reads, changes and writes back, again where others wrote meanwhile. `change` gets all values of
   * the key: none, one, or several that were written concurrently, and says what replaces them all;
   * `null` deletes the key, `undefined` leaves it as it is. It may be called more than once.
   */
  async update(key: string, change: Change, options: UpdateOptions = {}): Promise<Found | null> {
    const read = (timeoutMs: number): Promise<Before> => this.#read(key, { ...options, timeoutMs });
    return update({ key, change, options, read, attempts: this.#attempts, writing });
  }

  /**
   * Many reads and writes at once, sent to the members that hold their keys; results in the same
   * order. Operations on one key run in their order; it is no transaction. Only fails as a whole
   * where the caller gives up.
   */
  batch(
    operations: readonly BatchOperation[],
    options: BatchOptions = {},
  ): Promise<readonly BatchResult[]> {
    return batch(this.#attempts, operations, options);
  }

  /** All keys, in the order of their hashes, a page at a time; not a snapshot. */
  async *keys(options: KeysOptions = {}): AsyncGenerator<ListedKey, void, undefined> {
    for await (const page of keyPages(this.#attempts, options)) yield* page;
  }

  /** Ends what is under way; calls reject with CLOSED from then on. */
  close(): void {
    this.#attempts.close();
  }

  async #read(key: string, options: ReadOptions): Promise<Before> {
    const done = await this.#attempts.run(
      {
        operation: 'get',
        method: 'GET',
        path: pathOf(key, { r: options.r, resolve: options.resolve }),
        key,
        purpose: 'read',
        isRepeatable: true,
        expected: [404],
      },
      options,
    );
    return { found: foundIn(done, key), context: done.headers.get('x-ring-context') };
  }
}

/** The parts of a write that all verbs share. Throws BAD_KEY. */
function writing(key: string, options: WriteOptions): Omit<Work, 'operation' | 'method'> {
  const hasCondition = options.ifMatch !== undefined || options.ifAbsent === true;
  return {
    path: pathOf(key, { w: options.w }),
    key,
    purpose: 'write',
    // Under one context a value stands beside itself at worst, and hides nothing that others wrote.
    isRepeatable: options.repeatable ?? (options.context !== undefined && !hasCondition),
  };
}

function writeHeaders(options: PutOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  if (options.context !== undefined) headers['x-ring-context'] = options.context;
  if (options.ifMatch !== undefined)
    headers['if-match'] = options.ifMatch === '*' ? '*' : `"${options.ifMatch}"`;
  if (options.ifAbsent === true) headers['if-none-match'] = '*';
  if (options.ttlSeconds !== undefined) headers['x-ring-ttl'] = String(options.ttlSeconds);
  return headers;
}

function versionsIn({ headers, requestId }: Done): Versions {
  const context = headers.get('x-ring-context');
  const etag = etagIn(headers);
  if (context === null || etag === '') {
    throw new RingkeeperError('BAD_ANSWER', 'the answer to a write has no context or no ETag', {
      maybeApplied: true,
      requestId,
    });
  }
  return { context, etag };
}

function foundIn({ status, headers, body }: Done, key: string): Found | null {
  if (status === 404) return null;
  const versions = { context: headers.get('x-ring-context') ?? '', etag: etagIn(headers) };
  if (status !== 300) {
    const ttl = headers.get('x-ring-ttl');
    const expiresAt = ttl === null ? null : new Date(Date.now() + Number(ttl) * 1000);
    const contentType = headers.get('content-type') ?? 'application/octet-stream';
    return new Found(key, [new Value(body, contentType, { expiresAt })], versions);
  }
  const { siblings } = JSON.parse(new TextDecoder().decode(body)) as {
    readonly siblings: readonly ShownValue[];
  };
  return new Found(key, valuesFrom(siblings), versions);
}

function etagIn(headers: Headers): string {
  return (headers.get('etag') ?? '').replace(/^"|"$/g, '');
}
