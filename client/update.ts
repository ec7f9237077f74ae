// Read, change, write back: a condition finds out whether others wrote meanwhile, the causal context
// keeps their values where it cannot.
import { CLIENT_RETRY_MS_MAX, CLIENT_RETRY_MS_MIN, CLIENT_UPDATES_MAX } from '../core/limits.ts';
import type { Attempts, Done, Work } from './attempts.ts';
import { RingkeeperError } from './errors.ts';
import type { CallOptions, PutOptions, ReadOptions, WriteOptions } from './options.ts';
import { encoded, Found, Value } from './values.ts';
import type { Encoded, Storable } from './values.ts';

/** From all values of a key to the one that replaces them; `null`: none; `undefined`: leave it. */
export type Change = (
  values: readonly Value[],
) => Storable | null | undefined | Promise<Storable | null | undefined>;

/** `timeoutMs` is for all tries together. */
export interface UpdateOptions
  extends
    CallOptions,
    Pick<ReadOptions, 'r'>,
    Pick<PutOptions, 'w' | 'contentType' | 'ttlSeconds'> {}

/** What a read found, and what it knew of the key even where that is nothing. */
export interface Before {
  readonly found: Found | null;
  readonly context: string | null;
}

interface Parts {
  readonly key: string;
  readonly change: Change;
  readonly options: UpdateOptions;
  readonly read: (timeoutMs: number) => Promise<Before>;
  readonly attempts: Attempts;
  readonly writing: (key: string, options: WriteOptions) => Omit<Work, 'operation' | 'method'>;
}

/** What the key holds afterwards, as far as this update goes; null: nothing. */
export async function update(parts: Parts): Promise<Found | null> {
  const { attempts, options } = parts;
  const deadline = performance.now() + (options.timeoutMs ?? attempts.timeoutMs);
  for (let tries = 1; ; tries++) {
    const timeoutMs = Math.max(1, deadline - performance.now());
    const { found, context } = await parts.read(timeoutMs);
    const next = await parts.change(found?.values ?? []);
    if (next === undefined || (next === null && found === null)) return found;
    const value = next === null ? null : encoded(next, options.contentType);
    const timed = { ...parts, options: { ...options, timeoutMs } };
    const done = await writeBack(timed, value, { found, context });
    if (done !== null) return value === null ? null : writtenAs(parts, value, done);
    const pauseMs = Math.random() * Math.min(CLIENT_RETRY_MS_MAX, CLIENT_RETRY_MS_MIN * tries);
    if (tries >= CLIENT_UPDATES_MAX || performance.now() + pauseMs > deadline) {
      throw new RingkeeperError(
        'UPDATE_CONFLICT',
        `others wrote "${parts.key}" at each of ${tries} tries`,
        { retryable: true },
      );
    }
    await attempts.pause(pauseMs, options.signal);
  }
}

/** null: others wrote meanwhile, and nothing was written here. */
async function writeBack(
  parts: Parts,
  value: Encoded | null,
  before: Before,
): Promise<Done | null> {
  const { attempts, options } = parts;
  const condition: Record<string, string> =
    before.found === null ? { 'if-none-match': '*' } : { 'if-match': `"${before.found.etag}"` };
  try {
    return await attempts.run(workOf(parts, value, before, condition), options);
  } catch (error) {
    if (!(error instanceof RingkeeperError)) throw error;
    const isOvertaken = error.code === 'PRECONDITION_FAILED' || error.code === 'ALREADY_EXISTS';
    if (isOvertaken && !error.maybeApplied) return null;
    // Under the condition it would stumble over itself. Under the context alone it stands beside
    // itself at worst, which is no conflict, and beside what others wrote, which loses nothing.
    if (!error.maybeApplied || before.context === null) throw error;
    return await attempts.run(workOf(parts, value, before, {}), options);
  }
}

function workOf(
  { key, options, writing }: Parts,
  value: Encoded | null,
  { context }: Before,
  condition: Readonly<Record<string, string>>,
): Work {
  const isConditional = Object.keys(condition).length > 0;
  return {
    ...writing(key, { ...(options.w === undefined ? {} : { w: options.w }) }),
    isRepeatable: !isConditional,
    operation: value === null ? 'delete' : 'put',
    method: value === null ? 'DELETE' : 'PUT',
    headers: {
      ...condition,
      ...(context === null ? {} : { 'x-ring-context': context }),
      ...(value === null ? {} : { 'content-type': value.contentType }),
      ...(options.ttlSeconds === undefined || value === null
        ? {}
        : { 'x-ring-ttl': String(options.ttlSeconds) }),
    },
    ...(value === null ? {} : { body: value.body }),
  };
}

function writtenAs({ key, options }: Parts, { body, contentType }: Encoded, done: Done): Found {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const { ttlSeconds } = options;
  const expiresAt = ttlSeconds === undefined ? null : new Date(Date.now() + ttlSeconds * 1000);
  return new Found(key, [new Value(bytes, contentType, { expiresAt })], {
    context: done.headers.get('x-ring-context') ?? '',
    etag: (done.headers.get('etag') ?? '').replace(/^"|"$/g, ''),
  });
}
