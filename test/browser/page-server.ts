// A web server for pages of tests: a folder's scripts, and pages that are no files.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join, normalize } from 'node:path';

export interface PageServer {
  readonly port: number;
  close(): void;
}

/** Serves `pages` by path, and the folder's files below /files/. */
export async function servePages(
  folder: string,
  pages: Readonly<Record<string, string>>,
): Promise<PageServer> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const page = pages[path];
    if (page !== undefined) {
      response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page);
      return;
    }
    readFile(join(folder, normalize(path.replace(/^\/files/, '')))).then(
      (file) => response.setHeader('Content-Type', 'text/javascript').end(file),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
