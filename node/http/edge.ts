// The outermost middleware: request id, origin rules, failures → problem documents, one count.
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { RingError } from '../../core/errors.ts';
import type { Logger } from '../log.ts';
import { discardRest, leavesMuch } from './body.ts';
import { corsHeaders } from './cors.ts';
import { PROBLEM_TYPE, problemOf } from './errors.ts';
import type { Problem } from './errors.ts';
import type { Exchange, ExchangeState, Verb } from './exchange.ts';
import { namesOf, requestIds } from './request-ids.ts';

/** Called once for each answered request. */
export type Observe = (verb: Verb, status: number, seconds: number, requestId: string) => void;

export interface EdgeOptions {
  /** Unique to this process's life. */
  readonly idPrefix: string;
  readonly corsOrigins: readonly string[];
  readonly observe: Observe;
  /** What every answer says of its sender. */
  readonly stamp?: (ctx: Exchange) => void;
  readonly log: Logger;
}

export function edge({
  idPrefix,
  corsOrigins,
  observe,
  stamp = () => undefined,
  log,
}: EdgeOptions): Middleware<ExchangeState> {
  const ids = requestIds(idPrefix);
  const isTold = log.isLevelEnabled('debug');
  const allowOrigin = corsOrigins.length === 0 ? null : corsHeaders(corsOrigins);
  return (ctx, next) => {
    const startedMs = performance.now();
    const { headers } = ctx.req;
    const { shown, internal } = ids.next({
      requestId: headers['x-request-id'],
      traceparent: headers['traceparent'],
    });
    ctx.state.shownId = shown;
    ctx.state.requestId = internal;
    ctx.state.verb = 'other';
    allowOrigin?.(ctx);
    const finish = (): void => {
      if (!ctx.res.headersSent) {
        ctx.set('X-Request-Id', shown);
        stamp(ctx);
      }
      const ms = performance.now() - startedMs;
      observe(ctx.state.verb, ctx.status, ms / 1000, internal);
      if (isTold) tell(log, ctx, ms);
    };
    const wrong = whatIsWrong(ctx.req);
    const answered = wrong === null ? next() : Promise.reject(wrong);
    return answered.then(finish, (error: unknown) => {
      refuse(ctx, error, log);
      finish();
    });
  };
}

function tell(log: Logger, { state, method, path, status }: Exchange, tookMs: number): void {
  const ms = Math.round(tookMs * 100) / 100;
  log.debug({ ...namesOf(state.requestId), method, path, status, ms }, 'request answered');
}

/** What RFC 9110 and 9112 want of every request, and Node would refuse without a body. */
function whatIsWrong({ headers, httpVersionMinor }: IncomingMessage): RingError | null {
  if (headers.host === undefined && httpVersionMinor > 0)
    return new RingError('BAD_REQUEST', 'HTTP/1.1 wants a Host header');
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue')
    return new RingError('BAD_REQUEST', 'Expect can only be 100-continue');
  return null;
}

/** Answers with the problem document of a failure. */
function refuse(ctx: Exchange, error: unknown, log: Logger): void {
  const problem = problemOf(error, ctx.state.shownId);
  if (problem.code === 'INTERNAL') {
    log.error(
      { err: error, ...namesOf(ctx.state.requestId), method: ctx.method, path: ctx.path },
      'request failed',
    );
  }
  for (const header of ['ETag', 'Location', 'Content-Type', 'Content-Length']) ctx.remove(header);
  if (problem.retryable) ctx.set('Retry-After', '1');
  if (problem.code === 'UNAUTHORIZED') ctx.set('WWW-Authenticate', 'Bearer');
  if (problem.code === 'DRAINING') ctx.set('Connection', 'close');
  if (leavesMuch(ctx.req)) closePolitely(ctx, problem);
  else {
    ctx.status = problem.status;
    ctx.body = JSON.stringify(problem);
    ctx.set('Content-Type', PROBLEM_TYPE);
  }
}

/** The answer leaves at once; the connection ends when the rest of the body has come, or soon. */
function closePolitely(ctx: Exchange, problem: Problem): void {
  const body = Buffer.from(JSON.stringify(problem));
  ctx.respond = false;
  ctx.status = problem.status;
  ctx.res.writeHead(problem.status, {
    Connection: 'close',
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': body.length,
    'X-Request-Id': ctx.state.shownId,
  });
  ctx.res.write(ctx.method === 'HEAD' ? '' : body);
  void discardRest(ctx.req).then(() => {
    ctx.res.end();
  });
}

/** After the router: the path is unknown, or known with other methods. */
export const nothingThere: Middleware<ExchangeState> = (ctx) => {
  const layers =
    (ctx as { matched?: readonly { readonly methods: readonly string[] }[] }).matched ?? [];
  const methods = [...new Set(layers.flatMap((layer) => layer.methods))];
  if (methods.length === 0) throw new RingError('NOT_FOUND', `there is nothing at ${ctx.path}`);
  const allowed = [...methods, 'OPTIONS'].sort().join(', ');
  ctx.set('Allow', allowed);
  if (ctx.method !== 'OPTIONS') {
    throw new RingError(
      'METHOD_NOT_ALLOWED',
      `${ctx.method} does not fit ${ctx.path}; it takes ${allowed}`,
    );
  }
  ctx.status = 204;
};
