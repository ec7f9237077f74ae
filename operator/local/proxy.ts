// One client address for the whole ring, as the Service is on Kubernetes: each connection goes to a
// node that is ready, in turn; connections that exist stay where they are until their node ends them.
import { randomBytes } from 'node:crypto';
import { createServer, connect } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { NodeId } from '../../core/api/ids.ts';
import { ERRORS, RingError } from '../../core/errors.ts';
import { CONNECTIONS_MAX, HEADERS_MS, LOCAL_HOST } from '../../core/limits.ts';

export interface Backend {
  readonly id: NodeId;
  readonly port: number;
}

export interface Proxy {
  readonly port: number;
  /** New connections go to these from now on. */
  setBackends(backends: readonly Backend[]): void;
  /** Takes no more connections; those that carry a request get `ms` to end. */
  close(ms: number): Promise<void>;
}

/** Throws STORE_LOCKED where another process holds the port. */
export async function openProxy(port: number, host = LOCAL_HOST): Promise<Proxy> {
  let backends: readonly Backend[] = [];
  let turn = 0;
  const open = new Set<Socket>();
  const server = createServer(
    { allowHalfOpen: true, pauseOnConnect: true, noDelay: true },
    (client) => {
      open.add(client);
      client.once('close', () => open.delete(client));
      // Reported where the connection is joined; an early reset must not end the process.
      client.on('error', () => {
        client.destroy();
      });
      turn = (turn + 1) % Math.max(1, backends.length);
      void forward(client, [...backends.slice(turn), ...backends.slice(0, turn)]);
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, port, host);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    setBackends: (now) => {
      backends = now;
    },
    close: (ms) => close(server, open, ms),
  };
}

/** Tries the backends in order until one takes the connection: nothing was sent yet, so nothing is sent twice. */
async function forward(client: Socket, candidates: readonly Backend[]): Promise<void> {
  for (const { port } of candidates) {
    const upstream = await connected(port);
    if (upstream === null) continue;
    if (client.destroyed) upstream.destroy();
    else join(client, upstream);
    return;
  }
  answerNobody(client);
}

function connected(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOCAL_HOST, allowHalfOpen: true, noDelay: true });
    socket.once('connect', () => {
      resolve(socket);
    });
    // Stays for the connection's life: a reset after the join is told by `close`.
    socket.on('error', () => {
      socket.destroy();
      resolve(null);
    });
  });
}

function join(client: Socket, upstream: Socket): void {
  client.once('close', () => {
    upstream.destroy();
  });
  upstream.once('close', () => {
    client.destroy();
  });
  client.pipe(upstream);
  upstream.pipe(client);
}

/** No node is ready: says so in the ring's own words once the request's head has come in. */
function answerNobody(client: Socket): void {
  const { status, retryable, title } = ERRORS.NOT_SERVING;
  const requestId = randomBytes(6).toString('hex');
  const body = JSON.stringify({
    type: 'urn:ringkeeper:error:NOT_SERVING',
    title,
    status,
    detail: 'no node of this ring is ready at the moment',
    code: 'NOT_SERVING',
    retryable,
    requestId,
  });
  client.setTimeout(HEADERS_MS, () => {
    client.destroy();
  });
  client.once('data', () => {
    client.end(
      `HTTP/1.1 ${status} Service Unavailable\r\ncontent-type: application/problem+json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nx-request-id: ${requestId}\r\n` +
        `retry-after: 1\r\nconnection: close\r\n\r\n${body}`,
    );
    // What is left of the request is read and dropped, or its sender would see a reset, not the answer.
    client.resume();
  });
  client.once('end', () => {
    client.end();
  });
  client.resume();
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const what =
        cause.code === 'EADDRINUSE'
          ? 'is held by another process: free it, or take another one with --port'
          : `cannot be listened on (${cause.code ?? cause.message})`;
      reject(
        new RingError('STORE_LOCKED', `the client address ${host}:${port} ${what}`, { cause }),
      );
    });
    server.listen({ port, host }, resolve);
  });
}

function close(server: Server, open: ReadonlySet<Socket>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => {
      for (const socket of open) socket.destroy();
    }, ms);
    server.close(() => {
      clearTimeout(patience);
      resolve();
    });
  });
}
