// A ring of real nodes in this process: memory stores, real ports, the client port of each at one
// distance from its peer port, as both platforms have it.
import { pino } from 'pino';
import { Agent, fetch } from 'undici';
import { nodeId } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { encodeDocument } from '../../core/membership/document.ts';
import type { NodeConfig } from '../../node/config.ts';
import { startNode } from '../../node/running-node.ts';
import { connect } from '../../client/client.ts';
import type { ConnectOptions, RingClient } from '../../client/client.ts';
import { isFree } from '../../operator/local/ports.ts';
import { CONFIG, liveNode } from '../node/live-node.ts';
import type { LiveNode } from '../node/live-node.ts';
import { ringOf } from '../node/live-ring.ts';
import { until } from '../live/until.ts';

const HOST = '127.0.0.1';

/** fetch as the client calls it. */
export type PlainFetch = (url: string, init: Init) => Promise<Response>;
export interface Init {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}
export const asFetch = (plain: PlainFetch): typeof globalThis.fetch =>
  plain as typeof globalThis.fetch;

export interface ClientWish extends Omit<Partial<ConnectOptions>, 'fetch'> {
  readonly fetch?: PlainFetch;
}

export interface Nodes {
  readonly nodes: readonly LiveNode[];
  /** The first node's client address. */
  readonly url: string;
  readonly urlOf: (nth: number) => string;
  /** A fetch with connections that end with the test. */
  readonly fetch: PlainFetch;
  /** A client of the ring; closed when the test ends. */
  readonly client: (wish?: ClientWish) => RingClient;
  /** All nodes are given this ring, with changes. */
  readonly post: (changes?: Partial<RingDocument>) => Promise<void>;
}

/** Runs the test against `count` nodes that serve one ring, N=3 where there are enough. */
export async function withNodes(
  count: number,
  test: (ring: Nodes) => Promise<void>,
  {
    config = {},
    document = {},
  }: { config?: Partial<NodeConfig>; document?: Partial<RingDocument> } = {},
): Promise<void> {
  const failures: Error[] = [];
  const base = await freeBase(count);
  const running = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      startNode(
        {
          ...CONFIG,
          id: nodeId(`dev-${i}`),
          client: { host: HOST, port: base + 10 * i },
          peer: { host: HOST, port: base + 10 * i + 2 },
          ...config,
        },
        pino({ level: 'silent' }),
        {
          failed: (_failure, error) => {
            failures.push(error);
          },
        },
      ),
    ),
  );
  const clients: RingClient[] = [];
  // A pool of the test's own: a node that stops would wait for idle connections of the global one.
  const pool = new Agent();
  const pooled: PlainFetch = async (url, init) => {
    const answer: unknown = await fetch(url, { ...init, dispatcher: pool });
    return answer as Response;
  };
  const nodes = running.map(liveNode);
  const urlOf = (nth: number): string => `http://${HOST}:${base + 10 * nth}`;
  const ring: Nodes = {
    nodes,
    url: urlOf(0),
    urlOf,
    fetch: pooled,
    client: ({ fetch: own = pooled, ...wish } = {}) => {
      const client = connect({ url: urlOf(0), fetch: asFetch(own), ...wish });
      clients.push(client);
      return client;
    },
    post: async (changes = {}) => {
      const body = encodeDocument({ ...ringOf(running), ...document, ...changes });
      for (const { admin } of nodes) await admin('PUT', '/admin/document', { body });
    },
  };
  try {
    await ring.post();
    // Members find one another within a moment.
    for (const { call } of nodes)
      await until('the nodes agree', 30_000, async () =>
        (await call('GET', '/v1/ring/check')).json()['ok'] === true ? true : null,
      );
    await test(ring);
  } finally {
    for (const client of clients) client.close();
    await pool.destroy();
    await Promise.all(running.map((node) => node.stop()));
  }
  if (failures.length > 0) throw failures[0]!;
}

/** Ports in which each of Jest's workers looks: what one of them found free, no other takes. */
const WORKER_PORTS = 1_000;

/** Where three ports each of so many nodes are free. */
async function freeBase(count: number): Promise<number> {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1) % 10;
  const room = WORKER_PORTS - 10 * count;
  for (let tries = 0; ; tries++) {
    const base = 20_000 + worker * WORKER_PORTS + ((20 * process.pid + 60 * tries) % room);
    const ports = Array.from({ length: count }, (_, i) => [base + 10 * i, base + 10 * i + 2]);
    if ((await Promise.all(ports.flat().map(isFree))).every(Boolean)) return base;
  }
}
