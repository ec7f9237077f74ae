// Which web pages may call: an allow-list of origins. Without one, browsers keep every page out.
import type { Context } from 'koa';

const METHODS = 'GET, HEAD, PUT, POST, DELETE';
const REQUEST_HEADERS =
  'Content-Type, If-Match, If-None-Match, X-Ring-Context, X-Ring-TTL, X-Request-Id, ' +
  'X-Ring-Cluster, traceparent, tracestate';
const RESPONSE_HEADERS = 'ETag, Location, X-Ring-Context, X-Ring-TTL, X-Ring-Epoch, X-Request-Id';
/** s that a browser remembers a preflight. */
const PREFLIGHT_SECONDS = '600';

/** Sets the headers that let an allowed origin read the answer. */
export function corsHeaders(origins: readonly string[]): (ctx: Context) => void {
  const allowed = new Set(origins);
  const everyone = allowed.has('*');
  return (ctx) => {
    if (!everyone) ctx.vary('Origin');
    const origin = ctx.req.headers.origin;
    if (origin === undefined || !(everyone || allowed.has(origin))) return;
    ctx.set('Access-Control-Allow-Origin', everyone ? '*' : origin);
    ctx.set('Access-Control-Expose-Headers', RESPONSE_HEADERS);
    if (ctx.method !== 'OPTIONS') return;
    ctx.set('Access-Control-Allow-Methods', METHODS);
    ctx.set('Access-Control-Allow-Headers', REQUEST_HEADERS);
    ctx.set('Access-Control-Max-Age', PREFLIGHT_SECONDS);
  };
}
