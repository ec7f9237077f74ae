// The admin port: health, metrics, and what the operator asks. The operator's calls need the token.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { Router } from '@koa/router';
import { RingError } from '../../core/errors.ts';
import { DOCUMENT_BYTES_MAX } from '../../core/limits.ts';
import {
  checkDocument,
  decodeDocument,
  encodeDocument,
  memberOf,
} from '../../core/membership/document.ts';
import type { Driver } from '../driver.ts';
import type { Logger } from '../log.ts';
import { koaListener } from './app.ts';
import { readBody } from './body.ts';
import { edge } from './edge.ts';
import type { Exchange, ExchangeState, Routes } from './exchange.ts';
import { sendJson } from './kv.ts';

export interface AdminAppOptions {
  readonly driver: Pick<Driver, 'document' | 'incarnation' | 'report' | 'load' | 'adopt'>;
  readonly token: string;
  /** Of the formats that the header `accept` allows; null: there is no such page. */
  readonly metrics:
    ((accept: string) => Promise<{ readonly type: string; readonly text: string }>) | null;
  /** Sends clients away, then takes none; resolves when what was asked is answered. */
  readonly drain: () => Promise<void>;
  /** Whether a drain has begun: clients are to go elsewhere from then on. */
  readonly isLeaving: () => boolean;
  readonly idPrefix: string;
  readonly log: Logger;
}

export function adminApp(options: AdminAppOptions): RequestListener {
  const { driver, metrics, isLeaving, idPrefix, log } = options;
  const router = new Router<ExchangeState>();
  // The event loop turned; nothing else is asked: a slow disk must not kill the process.
  router.get('/healthz', (ctx) => {
    ctx.body = 'ok\n';
  });
  router.get('/readyz', (ctx) => {
    const { document, incarnation } = driver;
    const obstacle = whyNotReady({ document, incarnation, isLeaving: isLeaving() });
    if (obstacle !== null) throw obstacle;
    ctx.body = 'ok\n';
  });
  if (metrics !== null)
    router.get('/metrics', async (ctx) => {
      const { type, text } = await metrics(ctx.get('accept'));
      ctx.set('Content-Type', type);
      ctx.body = text;
    });
  operatorRoutes(router, options);
  const observe = (): void => undefined;
  return koaListener([edge({ idPrefix, corsOrigins: [], observe, log })], router, log);
}

/**
 * Ready: the document names this incarnation and it takes requests. Being behind in repair never
 * makes it unready: that would empty the Service just when every copy counts.
 */
export function whyNotReady({
  document,
  incarnation,
  isLeaving,
}: Pick<Driver, 'document' | 'incarnation'> & { readonly isLeaving: boolean }): RingError | null {
  if (isLeaving) return new RingError('DRAINING', 'this node is stopping');
  if (document === null)
    return new RingError('NOT_SERVING', 'this node was never given a ring document');
  const member = memberOf(document, incarnation);
  if (member?.state === 'left') {
    // Clients are led elsewhere before the document that drops it is made: nobody listens to it then.
    return new RingError('NOT_SERVING', 'this node has left the ring and is about to be removed');
  }
  if (member === undefined) {
    return new RingError(
      'NOT_SERVING',
      `epoch ${document.epoch} does not name incarnation ${incarnation}`,
    );
  }
  return null;
}

function operatorRoutes(router: Routes, { driver, token, drain, log }: AdminAppOptions): void {
  const isAllowed = bearerCheck(token);
  const guarded =
    (handle: (ctx: Exchange) => void | Promise<void>) =>
    (ctx: Exchange): void | Promise<void> => {
      if (!isAllowed(ctx.req.headers.authorization)) {
        throw new RingError(
          'UNAUTHORIZED',
          'send Authorization: Bearer with the token of --admin-token-file',
        );
      }
      return handle(ctx);
    };
  router.get(
    '/admin/report',
    guarded((ctx) => {
      sendJson(ctx, 200, driver.report());
    }),
  );
  router.get(
    '/admin/load',
    guarded((ctx) => {
      sendJson(ctx, 200, driver.load());
    }),
  );
  router.get(
    '/admin/document',
    guarded((ctx) => {
      if (driver.document === null)
        throw new RingError('NOT_FOUND', 'this node was never given a ring document');
      ctx.set('Content-Type', 'application/json; charset=utf-8');
      ctx.body = encodeDocument(driver.document);
    }),
  );
  router.put(
    '/admin/document',
    guarded(async (ctx) => {
      const document = decodeDocument(
        (await readBody(ctx.req, ctx.res, DOCUMENT_BYTES_MAX)).toString('utf8'),
      );
      const wrong = checkDocument(document);
      if (wrong.length > 0)
        throw new RingError('BAD_REQUEST', `this is no ring: ${wrong.slice(0, 5).join('; ')}`);
      await driver.adopt(document);
      ctx.status = 204;
    }),
  );
  router.post(
    '/admin/drain',
    guarded(async (ctx) => {
      log.info('drain: asked for by the operator');
      await drain();
      ctx.status = 204;
    }),
  );
}

/**
 * Compares digests, so that neither the length nor the first wrong byte shows in the time taken.
 */
function bearerCheck(token: string): (header: string | undefined) => boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (header) => timingSafeEqual(digest(header ?? ''), expected);
}
