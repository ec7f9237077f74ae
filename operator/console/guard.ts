// Who may ask: pages of this console alone, and for changes only who shows the token.
import type { Context, Middleware } from 'koa';
import { RingError } from '../../core/errors.ts';
import type { ConsolePlace } from '../console-place.ts';

/** Nothing but our own files runs, nothing is loaded from elsewhere, nobody frames us. */
export function securityHeaders(importMapHash: () => string): Middleware {
  const policy = (): string =>
    [
      "default-src 'none'",
      `script-src 'self' '${importMapHash()}'`,
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; ');
  return (ctx, next) => {
    ctx.set({
      'Content-Security-Policy': policy(),
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
    return next();
  };
}

/**
 * It listens on loopback only. A page of elsewhere whose name was made to resolve to us sends its own
 * name as Host: it is refused, or it could read all keys.
 */
export const onlyLoopbackNames: Middleware = (ctx, next) => {
  const name = ctx.req.headers.host?.replace(/:\d+$/, '').toLowerCase() ?? '';
  if (!LOOPBACK.has(name)) {
    throw new RingError('FORBIDDEN', 'the console answers to localhost, 127.0.0.1 and [::1] only');
  }
  return next();
};

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The caller's token. Throws FORBIDDEN where nothing is changed here, UNAUTHORIZED where it may not. */
export async function permitted(ctx: Context, place: ConsolePlace, ring: string): Promise<string> {
  if (!place.takesChanges) throw new RingError('FORBIDDEN', ONLY_SHOWS[place.kind]);
  const token = /^Bearer +(\S+)$/i.exec(ctx.req.headers.authorization ?? '')?.[1];
  if (token === undefined)
    throw new RingError('UNAUTHORIZED', 'a change needs Authorization: Bearer with a token');
  const permission = await place.permits(token, ring);
  const words = WORDS[place.kind];
  if (permission === 'unknown') throw new RingError('UNAUTHORIZED', words.unknown);
  if (permission === 'forbidden') throw new RingError('FORBIDDEN', `${words.forbidden} ${ring}`);
  return token;
}

const ONLY_SHOWS: Readonly<Record<ConsolePlace['kind'], string>> = {
  local: 'this console only shows',
  kubernetes: 'this console only shows; console.changes of the chart lets it take changes',
};

/** What is wrong with a token, and what would be right. */
const WORDS: Readonly<Record<ConsolePlace['kind'], { unknown: string; forbidden: string }>> = {
  local: {
    unknown: 'this is not the token that the operator printed and keeps in console-token',
    forbidden: 'who has this token may not change',
  },
  kubernetes: {
    unknown:
      'the API server does not know this token, or not any more: kubectl create token makes another one',
    forbidden: 'the account of this token may not patch the DhtCluster',
  },
};
