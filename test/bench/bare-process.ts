// What is run beside the ring: bare `node:http`. GET answers 100 bytes; PUT takes a body and
// answers once it is in a file and synced, all bodies that arrived meanwhile in one sync.
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { argv } from 'node:process';

const VALUE = Buffer.alloc(100, 'x');
const file = await open(argv[2]!, 'w');
let waiting: { readonly body: Buffer; readonly response: ServerResponse }[] = [];
let syncing = false;

async function sync(): Promise<void> {
  syncing = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    await file.writev(batch.map(({ body }) => body));
    await file.datasync();
    for (const { response } of batch) response.writeHead(204).end();
  }
  syncing = false;
}

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': VALUE.length,
    });
    response.end(VALUE);
    return;
  }
  const chunks: Buffer[] = [];
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      waiting.push({ body: Buffer.concat(chunks), response });
      if (!syncing) void sync();
    });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.on('disconnect', () => process.exit(0));
