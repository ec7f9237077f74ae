// A real node in this process: memory store, real ports, a ring of one member.
import { connect } from 'node:net';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { pino } from 'pino';
import { incarnation, nodeId } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { encodeDocument } from '../../core/membership/document.ts';
import type { NodeConfig } from '../../node/config.ts';
import { startNode } from '../../node/running-node.ts';
import type { RunningNode } from '../../node/running-node.ts';
import { oneMemberRing } from './one-member-ring.ts';

export const TOKEN = 'token-of-this-test';
const ANY_PORT = { host: '127.0.0.1', port: 0 };

export const CONFIG: NodeConfig = {
  id: nodeId('dev-0'),
  dataFolder: '',
  client: ANY_PORT,
  admin: ANY_PORT,
  peer: ANY_PORT,
  advertise: null,
  clusterSecret: Buffer.from('secret-of-this-test'),
  adminToken: TOKEN,
  ephemeral: true,
  durability: 'sync',
  cacheBytes: 1 << 20,
  handoffBytesPerSecond: Infinity,
  corsOrigins: [],
  volumeUid: null,
  metrics: true,
  logLevel: 'error',
  logFormat: 'json',
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
  json(): Record<string, unknown>;
}

export interface Call {
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Default: the client port. */
  readonly port?: number;
}

export interface LiveNode {
  readonly node: RunningNode;
  readonly call: (method: string, path: string, options?: Call) => Promise<Answer>;
  readonly admin: (method: string, path: string, options?: Call) => Promise<Answer>;
  readonly adopt: (changes?: Partial<RingDocument>) => Promise<Answer>;
  /**
   * Sends these bytes to the client port; resolves with all that comes back until the connection
   * ends.
   */
  readonly raw: (bytes: string | Buffer) => Promise<string>;
}

/** Runs the test against a fresh node, with a document unless told otherwise. */
export async function withNode(
  test: (live: LiveNode) => Promise<void>,
  {
    config = {},
    document = {},
  }: { config?: Partial<NodeConfig>; document?: Partial<RingDocument> | null } = {},
): Promise<void> {
  const failures: Error[] = [];
  const node = await startNode({ ...CONFIG, ...config }, pino({ level: 'silent' }), {
    failed: (_failure, error) => {
      failures.push(error);
    },
  });
  const live = liveNode(node);
  try {
    if (document !== null) await live.adopt(document);
    await test(live);
  } finally {
    await node.stop();
  }
  if (failures.length > 0) throw failures[0]!;
}

export function liveNode(node: RunningNode): LiveNode {
  const { client, admin } = node.ports;
  const operator = (method: string, path: string, options: Call = {}): Promise<Answer> =>
    call(admin.port, {
      method,
      path,
      ...options,
      headers: { authorization: `Bearer ${TOKEN}`, ...options.headers },
    });
  return {
    node,
    call: (method, path, options = {}) =>
      call(options.port ?? client.port, { method, path, ...options }),
    admin: operator,
    adopt: (changes = {}) =>
      operator('PUT', '/admin/document', {
        body: encodeDocument(oneMemberRing(incarnation(node.ports.incarnation), changes)),
      }),
    raw: (bytes) => raw(client.port, bytes),
  };
}

function call(
  port: number,
  { method, path, headers = {}, body }: { method: string; path: string } & Call,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isChunked = 'Transfer-Encoding' in headers;
    const length =
      body === undefined || isChunked ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const outgoing = request({
      port,
      host: '127.0.0.1',
      method,
      path,
      headers: { ...length, ...headers },
      agent: false,
    });
    outgoing.on('error', reject).on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('error', reject)
        .on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            bytes,
            body: bytes.toString('utf8'),
            json: () => JSON.parse(bytes.toString('utf8')) as Record<string, unknown>,
          });
        });
    });
    outgoing.end(body);
  });
}

function raw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let answer = '';
    socket.setEncoding('latin1').on('data', (text) => {
      answer += String(text);
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        resolve(answer);
      });
    socket.end(bytes);
  });
}
