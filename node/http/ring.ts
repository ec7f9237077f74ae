// /v1/ring and what is below it: the ring as this node holds it.
import { encodeDocument } from '../../core/membership/document.ts';
import { RingError } from '../../core/errors.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { askMembers } from './ask-members.ts';
import { ringDot, ringMermaid } from './draw-graph.ts';
import { ringSvg } from './draw.ts';
import { CHECK, DRAWINGS, OWNER, RING } from './contract/ring-routes.ts';
import { queryOf, serve } from './contract/route.ts';
import type { Route } from './contract/route.ts';
import { checkRing } from './exchange.ts';
import type { Exchange, Ring, Routes } from './exchange.ts';
import { keyFromUrl } from './keys-in-urls.ts';
import { sendJson } from './kv.ts';
import type { Query } from './query.ts';
import { checkRing as checkAgreement } from './ring-check.ts';
import type { RingCheck } from './ring-check.ts';
import { ownerView, ringView } from './ring-view.ts';

const OWNER_PREFIX = '/v1/ring/owner/';

const DRAW = { dot: ringDot, mmd: ringMermaid, svg: ringSvg } as const;

export function ringRoutes(
  router: Routes,
  { ring, now, peerPort }: { ring: Ring; now: () => number; peerPort: number },
): void {
  const route = (
    what: Route,
    handle: (ctx: Exchange, document: RingDocument, query: Query) => void | Promise<void>,
  ): void => {
    serve(router, what, (ctx) => {
      ctx.state.verb = 'ring';
      const query = queryOf(ctx, what);
      if (ring.document === null) {
        throw new RingError('NOT_SERVING', 'this node was never given a ring document');
      }
      checkRing(ring.document, ctx);
      return handle(ctx, ring.document, query);
    });
  };
  const clientPortOffset = (ctx: Exchange): number =>
    (ctx.req.socket.localPort ?? peerPort) - peerPort;
  route(RING, (ctx, document) => {
    const { silentPeers } = ring.report();
    const view = {
      ...ringView(document, clientPortOffset(ctx)),
      answeredBy: ring.incarnation,
      silentPeers,
    };
    const body = JSON.stringify(view);
    // The document has one canonical text, which is JSON: it is put in as it is.
    ctx.set('Content-Type', 'application/json; charset=utf-8');
    ctx.body = `${body.slice(0, -1)},"document":${encodeDocument(document)}}`;
  });
  route(OWNER, (ctx, document, query) => {
    const path = ctx.path === OWNER_PREFIX.slice(0, -1) ? OWNER_PREFIX : ctx.path;
    const key64 = query.get('key64') ?? null;
    const key = keyFromUrl({ path, prefix: OWNER_PREFIX, key64 }, document.limits.keyBytesMax);
    sendJson(ctx, 200, ownerView(document, key));
  });
  const check = checker(ring, now);
  route(CHECK, async (ctx, document) => {
    sendJson(ctx, 200, await check(document, clientPortOffset(ctx)));
  });
  for (const name of ['dot', 'mmd', 'svg'] as const) {
    const [type] = Object.keys(DRAWINGS[name].answers[200]!.content!);
    route(DRAWINGS[name], (ctx, document) => {
      ctx.set('Content-Type', `${type!}; charset=utf-8`);
      ctx.body = DRAW[name](document);
    });
  }
}

/** Whoever asks while one is under way gets that one: members are asked no more often for it. */
function checker(
  ring: Ring,
  now: () => number,
): (document: RingDocument, clientPortOffset: number) => Promise<RingCheck> {
  let underWay: Promise<RingCheck> | null = null;
  const check = async (document: RingDocument, clientPortOffset: number): Promise<RingCheck> => {
    const others = ringView(document, clientPortOffset).members.filter(
      ({ incarnation, lost }) => incarnation !== ring.incarnation && !lost,
    );
    const answers = await askMembers(others, document);
    const [report, peers] = [ring.report(), ring.peerViews()];
    return checkAgreement({ document, report, peers, answers, nowMs: now() });
  };
  return (document, clientPortOffset) =>
    (underWay ??= check(document, clientPortOffset).finally(() => {
      underWay = null;
    }));
}
