// The operator's health port: for the kubelet's probes and for who collects metrics.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface HealthOptions {
  readonly port: number;
  /** null: fine; else why it should be restarted. */
  readonly whyDead: () => string | null;
  /** null: ready; else why not yet. */
  readonly whyNotReady: () => string | null;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}

export interface Health {
  readonly port: number;
  close(): Promise<void>;
}

export async function openHealth(options: HealthOptions): Promise<Health> {
  const server = createServer((request, response) => {
    const say = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'Content-Type': type }).end(text);
    };
    const judge = (why: string | null): void => {
      say(why === null ? 200 : 503, why === null ? 'ok\n' : `${why}\n`);
    };
    switch (new URL(request.url ?? '/', 'http://localhost').pathname) {
      case '/healthz':
        judge(options.whyDead());
        return;
      case '/readyz':
        judge(options.whyNotReady());
        return;
      case '/metrics':
        options.metrics().then(
          ({ type, text }) => {
            say(200, text, type);
          },
          (error: unknown) => {
            say(500, `${String(error)}\n`);
          },
        );
        return;
      default:
        say(404, 'here are /healthz, /readyz and /metrics\n');
    }
  });
  server.listen(options.port);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closed(server),
  };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
