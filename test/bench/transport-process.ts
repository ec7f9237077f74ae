// The answering end, in a process of its own: answers reads with a value of 100 bytes, and echoes
// on a bare socket beside it.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { VersionedObject } from '../../core/api/object.ts';
import { ANSWERER, envelope, openEnd } from './transport-pair.ts';

const OBJECT: VersionedObject = {
  context: { actors: ['0123456789abcdef.3'], counters: [123] },
  siblings: [
    {
      dot: { actor: '0123456789abcdef.3', counter: 123 },
      value: new Uint8Array(100),
      contentType: 'application/octet-stream',
      time: 1.7e15,
      expiresAtMs: 0,
    },
  ],
};

const transport = await openEnd(ANSWERER, ({ from, body }) => {
  if (body.kind === 'read') {
    transport.send(envelope(ANSWERER, from, { kind: 'value', call: body.call, object: OBJECT }));
  }
});
const echo = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.pipe(socket);
});
await new Promise<void>((resolve) => {
  echo.listen(0, '127.0.0.1', resolve);
});
process.send!({ port: transport.port, echoPort: (echo.address() as AddressInfo).port });
process.on('disconnect', () => process.exit(0));
