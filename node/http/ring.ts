// /v1/ring and what is below it: the ring as this node holds it.
import { HEARTBEAT_TICKS, SUSPICION_TICKS, TICK_MS } from '../../core/limits.ts';
import { encodeDocument } from '../../core/membership/document.ts';
import { RingError } from '../../core/errors.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { ringDot, ringSvg } from './draw.ts';
import { queryOf } from './exchange.ts';
import type { Exchange, Ring, Routes } from './exchange.ts';
import { keyFromUrl } from './keys-in-urls.ts';
import { sendJson } from './kv.ts';
import { checkRing, ownerView, ringView } from './ring-view.ts';

const OWNER = '/v1/ring/owner/';
/** ms of silence after which a member's last word is no view any more. */
const SILENCE_MS = (SUSPICION_TICKS + HEARTBEAT_TICKS) * TICK_MS;

export function ringRoutes(router: Routes, { ring, now }: { ring: Ring; now: () => number }): void {
  const route = (
    path: string | RegExp,
    handle: (ctx: Exchange, document: RingDocument) => void,
  ): void => {
    router.get(path, (ctx) => {
      ctx.state.verb = 'ring';
      if (ring.document === null) {
        throw new RingError('NOT_SERVING', 'this node was never given a ring document');
      }
      handle(ctx, ring.document);
    });
  };
  route('/v1/ring', (ctx, document) => {
    const { silentPeers } = ring.report();
    const view = { ...ringView(document), answeredBy: ring.incarnation, silentPeers };
    const body = JSON.stringify(view);
    // The document has one canonical text, which is JSON: it is put in as it is.
    ctx.set('Content-Type', 'application/json; charset=utf-8');
    ctx.body = `${body.slice(0, -1)},"document":${encodeDocument(document)}}`;
  });
  route(/^\/v1\/ring\/owner(?:\/.*)?$/, (ctx, document) => {
    const path = ctx.path === OWNER.slice(0, -1) ? OWNER : ctx.path;
    const key64 = queryOf(ctx).get('key64') ?? null;
    sendJson(
      ctx,
      200,
      ownerView(document, keyFromUrl({ path, prefix: OWNER, key64 }, document.limits.keyBytesMax)),
    );
  });
  route('/v1/ring/check', (ctx, document) => {
    sendJson(
      ctx,
      200,
      checkRing({
        document,
        report: ring.report(),
        peers: ring.peerViews(),
        nowMs: now(),
        silenceMs: SILENCE_MS,
      }),
    );
  });
  route('/v1/ring.dot', (ctx, document) => {
    ctx.set('Content-Type', 'text/vnd.graphviz; charset=utf-8');
    ctx.body = ringDot(document);
  });
  route('/v1/ring.svg', (ctx, document) => {
    ctx.set('Content-Type', 'image/svg+xml; charset=utf-8');
    ctx.body = ringSvg(document);
  });
}
