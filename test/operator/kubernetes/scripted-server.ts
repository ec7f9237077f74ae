// An HTTP server that answers as a test tells it to, where a real API server can't be made to: failures,
// silence, connections that end. What it was asked is kept.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PooledKubeConfig } from '../../../operator/kubernetes/pooled-config.ts';

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Script = (asked: Asked, response: ServerResponse) => void;

export interface ScriptedServer {
  readonly config: PooledKubeConfig;
  readonly asked: readonly Asked[];
  /** Connections accepted so far. */
  connections(): number;
  stop(): Promise<void>;
}

/** Answers the first request by the first script, and so on; the last one stays. */
export async function scriptedServer(...scripts: Script[]): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url!, 'http://api');
      const one = {
        method: request.method!,
        url,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      asked.push(one);
      (scripts[asked.length - 1] ?? scripts.at(-1)!)(one, response);
    });
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = configTo(`http://127.0.0.1:${port}`);
  return {
    config,
    asked,
    connections: () => connections,
    stop: async () => {
      await config.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function configTo(origin: string): PooledKubeConfig {
  const config = new PooledKubeConfig();
  config.loadFromClusterAndUser(
    { name: 'scripted', server: origin, skipTLSVerify: true },
    { name: 'somebody', token: 'sesame' },
  );
  return config;
}

/** What the API server says of a failure. */
export const failure =
  (code: number, reason: string, message: string, headers: Record<string, string> = {}): Script =>
  (_, response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, reason, message }));
  };

export const answer =
  (value: unknown): Script =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };

/** The request is read, and then the connection is gone. */
export const hangUp: Script = (_, response) => {
  response.destroy();
};

/** Nothing, for ever. */
export const silence: Script = () => undefined;
