// One HTTP server with its bounds: slow clients, header floods, too many connections, and a stop
// that finishes what is in flight.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type {
  IncomingMessage,
  RequestListener,
  Server,
  ServerOptions,
  ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ERRORS, RingError } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';
import {
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADERS_MS,
  KEEP_ALIVE_MS,
  REQUEST_MS,
  SLOW_CHECK_MS,
} from '../../core/limits.ts';
import type { Endpoint } from '../config.ts';
import { PROBLEM_TYPE, problemOf } from './errors.ts';

export interface HttpServer {
  readonly endpoint: Endpoint;
  /** Requests whose answer has not left yet. */
  readonly inFlight: () => number;
  /**
   * Every answer from now on asks its client to go elsewhere and closes its connection; nobody is
   * refused. Resolves when no connection is left, or after `ms`, when the idle ones are closed.
   */
  sendAway(ms: number): Promise<void>;
  /** Stops listening; resolves when all answers have left or after `ms`, then cuts what is left. */
  close(ms: number): Promise<void>;
}

/** ms for a request's headers, for all of it, and between two looks for who is slower. */
export type Patience = Required<
  Pick<ServerOptions, 'headersTimeout' | 'requestTimeout' | 'connectionsCheckingInterval'>
>;

const PATIENCE: Patience = {
  headersTimeout: HEADERS_MS,
  requestTimeout: REQUEST_MS,
  connectionsCheckingInterval: SLOW_CHECK_MS,
};

/** Listens. Rejects with the system's error (EADDRINUSE, EACCES). */
export async function listen(
  endpoint: Endpoint,
  listener: RequestListener,
  patience = PATIENCE,
): Promise<HttpServer> {
  const open = new Set<Socket>();
  const inFlight = new Set<ServerResponse>();
  let isClosing = false;
  let whenIdle = (): void => undefined;
  function left(this: ServerResponse): void {
    inFlight.delete(this);
    if (inFlight.size === 0) whenIdle();
  }
  const counted = (request: IncomingMessage, response: ServerResponse): void => {
    inFlight.add(response);
    response.on('close', left);
    if (isClosing) sayLast(response);
    listener(request, response);
  };
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      ...patience,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
      // Node would answer without a word of why; the edge does it in ours.
      requireHostHeader: false,
      // A GET's body stream is born ended: its events, which nobody hears, cost a fifth of the request.
      optimizeEmptyRequests: true,
    },
    counted,
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('clientError', answerGarbage);
  // Whoever announces a body asks first; `readBody` says go on once it knows that it will be read.
  server.on('checkContinue', counted);
  // Any other expectation: the edge refuses it in words.
  server.on('checkExpectation', counted);
  await listening(server, endpoint);
  const { address, port } = server.address() as AddressInfo;
  return {
    endpoint: { host: address, port },
    inFlight: () => inFlight.size,
    async sendAway(ms) {
      isClosing = true;
      for (const response of inFlight) sayLast(response);
      await emptied(server, open, ms);
      server.closeIdleConnections();
    },
    close(ms) {
      isClosing = true;
      return new Promise((resolve) => {
        const cut = setTimeout(() => {
          server.closeAllConnections();
        }, ms);
        whenIdle = () => {
          setImmediate(() => {
            server.closeIdleConnections();
          });
        };
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
}

function listening(server: Server, { host, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The connection ends with this answer. */
function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

/** Resolves when the last connection has ended, or after `ms`. */
function emptied(server: Server, open: ReadonlySet<Socket>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(patience);
      server.off('connection', watch);
      resolve();
    };
    const look = (): void => {
      if (open.size === 0) done();
    };
    const watch = (socket: Socket): void => {
      socket.once('close', look);
    };
    const patience = setTimeout(done, ms);
    for (const socket of open) watch(socket);
    server.on('connection', watch);
    look();
  });
}

/** Node's own parser refused: no request object exists, so the answer is written by hand. */
function answerGarbage(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const code: ErrorCode = GARBAGE[error.code ?? ''] ?? 'BAD_REQUEST';
  const { status, title } = ERRORS[code];
  const id = randomBytes(6).toString('hex');
  const problem = new RingError(code, `the request was not understood (${error.code ?? ''})`);
  const body = JSON.stringify(problemOf(problem, id));
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${PROBLEM_TYPE}\r\nX-Request-Id: ${id}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

const GARBAGE: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};
