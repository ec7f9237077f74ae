// What the routes share of one request: its id, what it counts as, and the ring that it asks.
import type { ParameterizedContext } from 'koa';
import type { Router } from '@koa/router';
import type { RequestId } from '../../core/api/ids.ts';
import type {
  ClientRequest,
  ListResult,
  ReadResult,
  WriteResult,
} from '../../core/api/requests.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { RingError } from '../../core/errors.ts';
import type { Driver } from '../driver.ts';
import { RequestFailed } from './errors.ts';

/** What a request counts as on the metrics page. */
export const VERBS = [
  'get',
  'head',
  'put',
  'post',
  'delete',
  'batch',
  'keys',
  'ring',
  'other',
] as const;
export type Verb = (typeof VERBS)[number];

export interface ExchangeState {
  /** As the client sees it. */
  shownId: string;
  /** As the ring pairs by it, and as log lines name it. */
  requestId: RequestId;
  verb: Verb;
}

export type Exchange = ParameterizedContext<ExchangeState>;
export type Routes = Router<ExchangeState>;

/** What the routes need of the node. */
export type Ring = Pick<
  Driver,
  'ask' | 'document' | 'isDraining' | 'incarnation' | 'peerViews' | 'report'
>;

/** The answer of the ring. Throws RequestFailed where it failed. */
export function ask<K extends ClientRequest['kind']>(
  ring: Ring,
  request: Extract<ClientRequest, { kind: K }>,
): Promise<Answers[K]> {
  return new Promise((resolve, reject) => {
    ring.ask(request, (result) => {
      if (result.kind === 'failed') reject(new RequestFailed(result));
      else resolve(result as Answers[K]);
    });
  });
}

interface Answers {
  readonly read: ReadResult;
  readonly write: WriteResult;
  readonly list: ListResult;
}

/**
 * The document in force. Throws NOT_SERVING where there is none, DRAINING where no work is taken,
 * WRONG_RING where the client means another ring: addresses are given to others in time.
 */
export function documentOf(ring: Ring, ctx: Exchange): RingDocument {
  if (ring.isDraining) throw new RingError('DRAINING', 'this node is stopping; ask another one');
  if (ring.document === null) {
    throw new RingError('NOT_SERVING', 'this node was never given a ring document');
  }
  checkRing(ring.document, ctx);
  return ring.document;
}

/** Throws WRONG_RING where the request names another ring than this one. */
export function checkRing({ clusterId }: RingDocument, ctx: Exchange): void {
  const meant = ctx.req.headers['x-ring-cluster'];
  if (meant !== undefined && meant !== clusterId) {
    throw new RingError('WRONG_RING', `this node is of ring ${clusterId}`);
  }
}

/** Says on an answer which epoch its sender has: clients that know an older ring ask for the new one. */
export function stampOf(ring: Pick<Ring, 'document'>): (ctx: Exchange) => void {
  return (ctx) => {
    if (ring.document !== null) ctx.set('X-Ring-Epoch', String(ring.document.epoch));
  };
}
