// Keys: where one lies and what it holds, the keys of a member, writes and deletions. The ring answers;
// what it refuses with goes to the page as it is.
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { RingError } from '../../core/errors.ts';
import { CONSOLE_VALUE_CHARS_MAX, CONTENT_TYPE_BYTES_MAX } from '../../core/limits.ts';
import { keyPath, ringClient } from '../cli/ring-client.ts';
import type { RingClient } from '../cli/ring-client.ts';
import { readBody } from './body.ts';
import type { Feeds } from './feeds.ts';
import { permitted } from './guard.ts';
import type { ConsolePlace } from '../console-place.ts';
import type { KeyView, ValueView } from './view.ts';

interface KeyParts {
  readonly place: ConsolePlace;
  readonly feeds: Feeds;
}

export function keyRoutes(router: Router, { place, feeds }: KeyParts): void {
  router.get('/api/rings/:ring/key', async (ctx) => {
    const key = keyIn(ctx);
    ctx.body = await withClient(feeds, ringIn(ctx), (client) => keyView(client, key));
  });
  router.put('/api/rings/:ring/key', async (ctx) => {
    const ring = ringIn(ctx);
    await permitted(ctx, place, ring);
    const { path, query } = keyPath('/v1/kv', keyIn(ctx));
    const { valueBytesMax } = (await feeds.look(ring)).desired.limits;
    const body = await readBody(ctx.req, valueBytesMax);
    await withClient(feeds, ring, (client) =>
      client.ask(path, {
        method: 'PUT',
        query,
        body,
        headers: {
          'content-type': plain(ctx.get('Content-Type'), CONTENT_TYPE_BYTES_MAX),
          'x-ring-context': ctx.get('X-Ring-Context') || undefined,
          'x-ring-ttl': ctx.get('X-Ring-TTL') || undefined,
        },
      }),
    );
    ctx.status = 204;
  });
  router.delete('/api/rings/:ring/key', async (ctx) => {
    const ring = ringIn(ctx);
    await permitted(ctx, place, ring);
    const { path, query } = keyPath('/v1/kv', keyIn(ctx));
    const context = ctx.get('X-Ring-Context') || undefined;
    await withClient(feeds, ring, (client) =>
      client.ask(path, { method: 'DELETE', query, headers: { 'x-ring-context': context } }),
    );
    ctx.status = 204;
  });
  router.get('/api/rings/:ring/members/:member/keys', async (ctx) => {
    const query = {
      member: ctx.params['member'] ?? '',
      prefix: queryText(ctx, 'prefix'),
      cursor: queryText(ctx, 'cursor'),
    };
    const page = (await withClient(feeds, ringIn(ctx), (client) =>
      client.json('/v1/keys', { query }),
    )) as { keys: readonly { key: string }[]; cursor: string | null };
    ctx.body = { keys: page.keys.map(({ key }) => key), cursor: page.cursor };
  });
}

export function ringIn(ctx: Context & { params: Record<string, string | undefined> }): string {
  return ctx.params['ring'] ?? '';
}

/** One of the query's values; repeated or absent ones are none. */
export function queryText(ctx: Context, name: string): string {
  const value = ctx.query[name];
  return typeof value === 'string' ? value : '';
}

function keyIn(ctx: Context): string {
  const key = queryText(ctx, 'key');
  if (key === '') throw new RingError('BAD_KEY', 'give the key as ?key=; it has 1 byte or more');
  return key;
}

/** A header that goes on to the ring: what it may not hold is refused there in words. */
function plain(type: string, max: number): string {
  return type === '' ? 'text/plain' : type.slice(0, max);
}

/** Asks the first member that answers at all. */
async function withClient<T>(
  feeds: Feeds,
  ring: string,
  ask: (client: RingClient) => Promise<T>,
): Promise<T> {
  const feed = await feeds.of(ring);
  const urls = feed.ring.clientUrls(await feeds.look(ring));
  let failure: unknown = new RingError('NOT_SERVING', `no member of ${ring} serves clients now`);
  for (const url of urls) {
    const client = ringClient(url, 1);
    try {
      return await ask(client);
    } catch (error) {
      failure = error;
      if (!(error instanceof RingError) || error.code !== 'PEER_UNREACHABLE') throw error;
    } finally {
      await client.close();
    }
  }
  throw failure;
}

interface Owner {
  readonly hash: string;
  readonly slot: number;
  readonly preferenceList: readonly { readonly id: string | null; readonly replica: boolean }[];
}

async function keyView(client: RingClient, key: string): Promise<KeyView> {
  const at = keyPath('/v1/ring/owner', key);
  const owner = (await client.json(at.path, { query: at.query })) as Owner;
  return {
    key,
    hash: owner.hash,
    slot: owner.slot,
    preferenceList: owner.preferenceList.map(({ id, replica }) => ({ id: id ?? '', replica })),
    ...(await valuesOf(client, key)),
  };
}

type Held = Pick<KeyView, 'found' | 'values' | 'etag' | 'context' | 'problem'>;

const NOTHING: Held = { found: 'none', values: [], etag: null, context: null, problem: null };

async function valuesOf(client: RingClient, key: string): Promise<Held> {
  const { path, query } = keyPath('/v1/kv', key);
  try {
    const sent = (await client.json(path, { query: { ...query, format: 'json' } })) as SentValue & {
      readonly siblings?: readonly SentValue[];
      readonly etag: string;
      readonly context: string;
    };
    const values = (sent.siblings ?? [sent]).map(shownValue);
    return { found: 'value', values, etag: sent.etag, context: sent.context, problem: null };
  } catch (error) {
    if (!(error instanceof RingError)) throw error;
    if (error.code === 'NOT_FOUND') return NOTHING;
    return { ...NOTHING, found: 'unknown', problem: error.message };
  }
}

/** As the ring's `format=json` gives a value: text where it is text, else base64. */
interface SentValue {
  readonly value?: string;
  readonly value64?: string;
  readonly metadata: Pick<ValueView, 'contentType' | 'bytes' | 'writtenAt' | 'expiresAt'>;
}

function shownValue({ value, value64, metadata }: SentValue): ValueView {
  const text = value ?? value64 ?? '';
  // Four characters of base64 are three bytes: cut between them.
  const shown = text.slice(0, CONSOLE_VALUE_CHARS_MAX - (CONSOLE_VALUE_CHARS_MAX % 4));
  return {
    text: value === undefined ? null : shown,
    base64: value === undefined ? shown : null,
    cut: shown.length < text.length,
    contentType: metadata.contentType,
    bytes: metadata.bytes,
    writtenAt: metadata.writtenAt,
    expiresAt: metadata.expiresAt,
  };
}
