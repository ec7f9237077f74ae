// The operator's port for machines: probes, metrics, and where the members' metrics are.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface HealthOptions {
  readonly port: number;
  /** Left out: every one. */
  readonly host?: string;
  /** null: fine; else why it should be restarted. */
  readonly whyDead: () => string | null;
  /** null: ready; else why not yet. */
  readonly whyNotReady: () => string | null;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  /** Where members are to be scraped; left out: others know that better (a PodMonitor). */
  readonly targets?: () => readonly ScrapeTargets[];
}

/** As Prometheus' http_sd_configs reads it. */
export interface ScrapeTargets {
  /** host:port */
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface Health {
  readonly port: number;
  close(): Promise<void>;
}

const JSON_TYPE = 'application/json; charset=utf-8';

export async function openHealth(options: HealthOptions): Promise<Health> {
  const { host, port, targets } = options;
  const server = createServer((request, response) => {
    const say = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'Content-Type': type }).end(text);
    };
    const judge = (why: string | null): void => {
      say(why === null ? 200 : 503, why === null ? 'ok\n' : `${why}\n`);
    };
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/healthz') judge(options.whyDead());
    else if (path === '/readyz') judge(options.whyNotReady());
    else if (path === '/targets' && targets !== undefined)
      say(200, JSON.stringify(targets()), JSON_TYPE);
    else if (path === '/metrics')
      options.metrics().then(
        ({ type, text }) => {
          say(200, text, type);
        },
        (error: unknown) => {
          say(500, `${String(error)}\n`);
        },
      );
    else {
      const others = targets === undefined ? '' : ', /targets';
      say(404, `here are /healthz, /readyz${others} and /metrics\n`);
    }
  });
  server.listen(port, host);
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
