// Many operations at once: each goes to the member that holds its key, in as few requests as the
// ring's bounds allow; what certainly did not happen is sent again.
import {
  BATCH_BYTES_MAX,
  BATCH_ITEMS_MAX,
  CLIENT_RETRY_MS_MAX,
  CLIENT_RETRY_MS_MIN,
} from '../core/limits.ts';
import type { Attempts } from './attempts.ts';
import { errorOf, RingkeeperError } from './errors.ts';
import type { CallOptions, PutOptions, WriteOptions } from './options.ts';
import { encoded, Found, toBase64, valueFrom, valuesFrom } from './values.ts';
import type { ShownValue, Storable, Versions } from './values.ts';

type WriteTerms = Pick<WriteOptions, 'w' | 'context' | 'ifMatch' | 'ifAbsent'>;

export type BatchOperation =
  | { readonly op: 'get'; readonly key: string; readonly r?: number }
  | ({ readonly op: 'put'; readonly key: string; readonly value: Storable } & WriteTerms &
      Pick<PutOptions, 'contentType' | 'ttlSeconds'>)
  | ({ readonly op: 'delete'; readonly key: string } & WriteTerms);

export type BatchResult =
  | { readonly kind: 'found'; readonly key: string; readonly found: Found | null }
  | ({ readonly kind: 'written'; readonly key: string } & Versions)
  | { readonly kind: 'failed'; readonly key: string; readonly error: RingkeeperError };

export interface BatchOptions extends CallOptions {
  /** As for one write: sent again although it may have been applied. */
  readonly repeatable?: boolean;
}

/** One operation on its way; `text` is the JSON that the ring is sent. */
interface Item {
  readonly index: number;
  readonly key: string;
  readonly isWrite: boolean;
  readonly isRepeatable: boolean;
  readonly text: string;
}

/** Bytes of the JSON around the operations of one request. */
const FRAME_BYTES = 64;

export async function batch(
  attempts: Attempts,
  operations: readonly BatchOperation[],
  options: BatchOptions,
): Promise<readonly BatchResult[]> {
  const results = new Array<BatchResult>(operations.length);
  const deadline = performance.now() + (options.timeoutMs ?? attempts.timeoutMs);
  let left = operations.map((operation, index) => itemOf(operation, index, options));
  for (let round = 0; left.length > 0; round++) {
    const timeoutMs = Math.max(1, deadline - performance.now());
    const requests = [...byPlace(attempts, left)].flatMap(inRequests);
    const again = await Promise.all(
      requests.map((items) => send(attempts, items, { ...options, timeoutMs }, results)),
    );
    left = again.flat().sort((a, b) => a.index - b.index);
    const ms = Math.min(CLIENT_RETRY_MS_MAX, CLIENT_RETRY_MS_MIN * 2 ** round);
    if (left.length === 0 || performance.now() + ms > deadline) break;
    await attempts.pause(ms, options.signal);
  }
  return results;
}

/** Items that go to the same member; those of one key always do, in their order. */
function byPlace(attempts: Attempts, items: readonly Item[]): Iterable<readonly Item[]> {
  const groups = new Map<string, Item[]>();
  const urlOf = new Map<string, string>();
  for (const item of items) {
    // The first replica: writes and reads of one key are to meet there in their order.
    let url = urlOf.get(item.key);
    if (url === undefined)
      urlOf.set(item.key, (url = attempts.directory.placesFor(item.key, 'write')[0]!.url));
    const group = groups.get(url);
    if (group === undefined) groups.set(url, [item]);
    else group.push(item);
  }
  return groups.values();
}

/** In requests that the ring takes; a key's items after the first full request wait their turn in it. */
function inRequests(items: readonly Item[]): readonly (readonly Item[])[] {
  const requests: Item[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    // A UTF-16 unit is at most 3 bytes.
    const own = item.text.length * 3 + 1;
    const isFull = requests.at(-1)?.length === BATCH_ITEMS_MAX;
    if (isFull || bytes + own > BATCH_BYTES_MAX) {
      requests.push([]);
      bytes = FRAME_BYTES;
    }
    requests.at(-1)!.push(item);
    bytes += own;
  }
  return requests;
}

/** Fills in the results; what is to be sent again comes back. */
async function send(
  attempts: Attempts,
  items: readonly Item[],
  options: CallOptions,
  results: BatchResult[],
): Promise<readonly Item[]> {
  const isWrite = items.some((item) => item.isWrite);
  try {
    const done = await attempts.run(
      {
        operation: 'batch',
        method: 'POST',
        path: '/v1/batch',
        headers: { 'content-type': 'application/json' },
        body: `{"operations":[${items.map(({ text }) => text).join()}]}`,
        key: items[0]!.key,
        purpose: isWrite ? 'write' : 'read',
        isLong: true,
        isRepeatable: items.every((item) => item.isRepeatable),
      },
      options,
    );
    const answer = JSON.parse(new TextDecoder().decode(done.body)) as {
      readonly results: readonly Verdict[];
    };
    items.forEach((item, i) => {
      results[item.index] = resultOf(item, answer.results[i]!, done.requestId);
    });
    return toRepeat(items, results);
  } catch (error) {
    if (!(error instanceof RingkeeperError)) throw error;
    for (const item of items) results[item.index] = failedAs(item, error);
    return [];
  }
}

/** A request that failed as a whole may have applied its writes, never its reads. */
function failedAs({ key, isWrite }: Item, error: RingkeeperError): BatchResult {
  if (isWrite || !error.maybeApplied) return { kind: 'failed', key, error };
  const { code, message, status, retryable, requestId, cause } = error;
  const facts = { status, retryable, requestId, cause };
  return { kind: 'failed', key, error: new RingkeeperError(code, message, facts) };
}

/** Of each key, what failed without effect, as long as nothing behind it on this key was done. */
function toRepeat(items: readonly Item[], results: readonly BatchResult[]): readonly Item[] {
  const settled = new Set<string>();
  return items
    .toReversed()
    .filter((item) => {
      const result = results[item.index]!;
      const mayBe =
        result.kind === 'failed' &&
        result.error.retryable &&
        (item.isRepeatable || !result.error.maybeApplied);
      if (!mayBe) settled.add(item.key);
      return mayBe && !settled.has(item.key);
    })
    .reverse();
}

function itemOf(operation: BatchOperation, index: number, options: BatchOptions): Item {
  const { op, key } = operation;
  const isWrite = op !== 'get';
  const isConditional = isWrite && (operation.ifMatch !== undefined || operation.ifAbsent === true);
  const hasContext = isWrite && operation.context !== undefined;
  return {
    index,
    key,
    isWrite,
    isRepeatable: !isWrite || (options.repeatable ?? (hasContext && !isConditional)),
    text: JSON.stringify(
      isWrite ? { op, key, ...termsOf(operation), ...valueOf(operation) } : operation,
    ),
  };
}

function termsOf({ w, context, ifMatch, ifAbsent }: WriteTerms): object {
  return {
    w,
    context,
    ...(ifMatch === undefined ? {} : { ifMatch: ifMatch === '*' ? '*' : `"${ifMatch}"` }),
    ...(ifAbsent === true ? { ifNoneMatch: '*' } : {}),
  };
}

function valueOf(operation: BatchOperation): object {
  if (operation.op !== 'put') return {};
  const { value, ttlSeconds } = operation;
  const { body, contentType } = encoded(value, operation.contentType);
  const asText = typeof body === 'string' ? { value: body } : { value64: toBase64(body) };
  return { ...asText, contentType, ttlSeconds };
}

/** One result as the ring gives it. */
type Verdict = Readonly<Record<string, unknown>> & { readonly status: number };

function resultOf({ key, isWrite }: Item, verdict: Verdict, requestId: string): BatchResult {
  const { status } = verdict;
  const versions = { context: String(verdict['context']), etag: String(verdict['etag']) };
  if (isWrite && status === 204) return { kind: 'written', key, ...versions };
  if (!isWrite && status === 404 && verdict['code'] === 'NOT_FOUND')
    return { kind: 'found', key, found: null };
  if (status < 400) {
    const shown = verdict as unknown as ShownValue & { readonly siblings?: readonly ShownValue[] };
    const values = shown.siblings === undefined ? [valueFrom(shown)] : valuesFrom(shown.siblings);
    return { kind: 'found', key, found: new Found(key, values, versions) };
  }
  return {
    kind: 'failed',
    key,
    error: errorOf(verdict, { status, isWrite, requestId }),
  };
}
