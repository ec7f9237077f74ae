// Assembles the client port: the edge, then the routes, then "nothing there". The order of the
// routes is the order in which they are tried: the hot ones first.
import Koa from 'koa';
import { Router } from '@koa/router';
import type { RequestListener } from 'node:http';
import type { Logger } from '../log.ts';
import { batchRoutes } from './batch.ts';
import { contextCodec } from './context.ts';
import { CONTRACT } from './contract/ring-routes.ts';
import { queryOf, serve } from './contract/route.ts';
import { edge, nothingThere } from './edge.ts';
import type { Observe } from './edge.ts';
import { stampOf } from './exchange.ts';
import type { Exchange, ExchangeState, Ring, Routes } from './exchange.ts';
import { keysRoutes } from './keys.ts';
import { kvRoutes } from './kv.ts';
import { ringRoutes } from './ring.ts';

export interface ClientAppOptions {
  readonly ring: Ring;
  readonly clusterSecret: Uint8Array;
  readonly corsOrigins: readonly string[];
  /** Unique to this process's life; starts every request id made here. */
  readonly idPrefix: string;
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  readonly observe: Observe;
  /** This node's peer port as others see it. */
  readonly peerPort: number;
  readonly log: Logger;
}

export function clientApp(options: ClientAppOptions): RequestListener {
  const { ring, now, log, idPrefix, corsOrigins, observe } = options;
  const contexts = contextCodec(options.clusterSecret);
  const router = new Router<ExchangeState>();
  const shortcut = kvRoutes(router, { ring, contexts, now });
  batchRoutes(router, { ring, contexts, now });
  keysRoutes(router, ring);
  ringRoutes(router, { ring, now, peerPort: options.peerPort });
  contractRoute(router);
  const outermost = edge({ idPrefix, corsOrigins, observe, stamp: stampOf(ring), log });
  return koaListener([outermost, shortcut], router, log);
}

/** Made when it is first asked for: a serving node does without. */
function contractRoute(router: Routes): void {
  serve(router, CONTRACT, async (ctx) => {
    queryOf(ctx, CONTRACT);
    const { openApiText } = await import('./contract/openapi.ts');
    ctx.status = 200;
    ctx.set('Content-Type', 'application/json; charset=utf-8');
    ctx.body = openApiText();
  });
}

/** One Koa application: the edge (and what comes before the router), these routes, nothing else. */
export function koaListener(
  outermost: readonly Koa.Middleware<ExchangeState>[],
  routes: Routes,
  log: Logger,
): RequestListener {
  const app = new Koa<ExchangeState>();
  for (const middleware of outermost) app.use(middleware);
  app.use(routes.routes()).use(nothingThere);
  // What reaches here broke while the answer was on its way: its client is gone.
  app.on('error', (error: unknown) => {
    log.debug({ err: error }, 'answer broke off');
  });
  Object.assign(app, { handleRequest });
  const handle = app.callback();
  return (request, response) => {
    void handle(request, response);
  };
}

/**
 * In place of Koa's own, which waits for each answer's end only to report connections that break,
 * at a fifth of all that a GET allocates. A Koa that no longer asks for it does the same, slower.
 */
function handleRequest(ctx: Exchange, run: (ctx: Exchange) => Promise<void>): Promise<void> {
  ctx.res.statusCode = 404;
  return run(ctx).then(
    () => {
      if (ctx.respond !== false) respond(ctx);
    },
    (error: unknown) => {
      ctx.onerror(error as Error);
    },
  );
}

/** Sends what the middlewares left: bodies are texts or bytes here, never streams. */
function respond(ctx: Exchange): void {
  const { res, status } = ctx;
  if (!ctx.writable) {
    res.end();
  } else if (status === 204 || status === 304) {
    // Takes the headers that speak of a body away as well.
    ctx.body = null;
    res.end();
  } else {
    // Its length stands in the headers already; Node leaves the bytes out where HEAD was asked.
    res.end(ctx.body as string | Buffer);
  }
}
