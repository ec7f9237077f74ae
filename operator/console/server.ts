// The console: one small web server on loopback that shows rings live and, to who has the token,
// changes them. It knows no platform.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { Router } from '@koa/router';
import { RingError } from '../../core/errors.ts';
import {
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADERS_MS,
  LOCAL_HOST,
  MEMBERS_MAX,
  REQUEST_MS,
} from '../../core/limits.ts';
import type { ConsoleAddress, ConsolePlace, OpenConsole } from '../console-place.ts';
import { VERSION } from '../version.ts';
import { assets } from './assets.ts';
import { changeRoutes } from './change-routes.ts';
import { Feeds } from './feeds.ts';
import { onlyLoopbackNames, securityHeaders } from './guard.ts';
import { keyRoutes } from './key-routes.ts';
import { problems } from './problems.ts';
import { Streams } from './streams.ts';
import type { Welcome } from './view.ts';

/** Listens on loopback. Throws STORE_LOCKED where the port is held and no other one may be taken. */
export async function openConsole(
  place: ConsolePlace,
  { port, orAny }: ConsoleAddress,
): Promise<OpenConsole> {
  const feeds = new Feeds(place, Date.now);
  const streams = new Streams();
  const app = consoleApp({ place, feeds, streams });
  const handle = app.callback();
  const server = createServer(
    { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    (request, response) => void handle(request, response),
  );
  server.maxConnections = CONNECTIONS_MAX;
  try {
    await listening(server, port, orAny);
  } catch (cause) {
    feeds.close();
    throw new RingError(
      'STORE_LOCKED',
      `the console's port ${port} cannot be had: free it, or take another one with --console-port`,
      { cause },
    );
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      streams.close();
      feeds.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Parts {
  readonly place: ConsolePlace;
  readonly feeds: Feeds;
  readonly streams: Streams;
}

function consoleApp({ place, feeds, streams }: Parts): Koa {
  const app = new Koa();
  const router = new Router();
  router.get('/api/welcome', async (ctx) => {
    ctx.body = await welcome(place);
  });
  router.get('/api/rings/:ring/events', async (ctx) => {
    streams.stream(ctx, await feeds.of(ctx.params['ring'] ?? ''));
  });
  keyRoutes(router, { place, feeds });
  changeRoutes(router, { place, feeds });
  app.use(securityHeaders(() => assets().importMapHash));
  app.use(
    problems((error) => {
      process.stderr.write(
        `! console: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
      );
    }),
  );
  app.use(onlyLoopbackNames);
  app.use(async (ctx, next) => {
    const file = assets().files.get(ctx.path);
    if (file === undefined || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) {
      ctx.set('Cache-Control', 'no-store');
      await next();
      return;
    }
    ctx.set({ 'Cache-Control': 'no-cache', ETag: file.etag, Vary: 'Accept-Encoding' });
    ctx.type = file.type;
    ctx.status = 200;
    if (ctx.fresh) ctx.status = 304;
    else if (ctx.acceptsEncodings('gzip', 'identity') === 'gzip') {
      ctx.set('Content-Encoding', 'gzip');
      ctx.body = file.gzipped;
    } else ctx.body = file.body;
  });
  app.use(router.routes());
  // A stream whose page has gone ends like that; there is nobody to tell.
  app.on('error', () => undefined);
  return app;
}

async function welcome(place: ConsolePlace): Promise<Welcome> {
  return {
    place: place.kind,
    version: VERSION,
    rings: await place.rings(),
    takesChanges: place.takesChanges,
    handlesNodes: place.handlesNodes,
    membersMax: MEMBERS_MAX,
  };
}

async function listening(server: Server, port: number, orAny: boolean): Promise<void> {
  const listen = async (at: number): Promise<void> => {
    server.listen(at, LOCAL_HOST);
    await once(server, 'listening');
  };
  try {
    await listen(port);
  } catch (error) {
    if (!orAny) throw error;
    await listen(0);
  }
}
