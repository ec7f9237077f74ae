// Questions answered per second between two processes on loopback, beside bare node:net sockets that
// echo the same bytes. Run: node test/bench/transport.ts [seconds per figure]
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { clusterId, epoch, incarnation, nodeId, type Incarnation } from '../../core/api/ids.ts';
import type { Envelope, PeerMessage } from '../../core/api/messages.ts';
import type { VersionedObject } from '../../core/api/object.ts';
import { openTcpTransport } from '../../node/transport/tcp.ts';
import type { Transport } from '../../node/transport/transport.ts';

const ASKER = incarnation('0000000000000001');
const ANSWERER = incarnation('0000000000000002');
const OUTSTANDING = [1, 64] as const;
const ECHO_BYTES = 64;

function envelope(from: Incarnation, to: Incarnation, body: PeerMessage): Envelope {
  return { from, to, epoch: epoch(7), documentHash: '0123456789abcdef', clock: 1.7e15, body };
}

const OBJECT: VersionedObject = {
  context: { actors: ['0123456789abcdef.3'], counters: [123] },
  siblings: [{
    dot: { actor: '0123456789abcdef.3', counter: 123 }, value: new Uint8Array(100),
    contentType: 'application/octet-stream', time: 1.7e15, expiresAtMs: 0,
  }],
};

function open(
  own: Incarnation, received: (envelope: Envelope) => void, connected?: () => void,
): Promise<Transport & { readonly port: number }> {
  return openTcpTransport({
    hello: () => ({
      incarnation: own, clusterId: clusterId('bench'), epoch: epoch(7),
      protocolVersionMin: 1, protocolVersionMax: 1,
    }),
    secret: 'bench', listen: { host: '127.0.0.1', port: 0 },
    events: { received, disconnected: () => undefined },
    log: ({ kind }) => { if (kind === 'connected') connected?.(); },
  });
}

/** The other process: answers reads with a value of 100 bytes, and echoes on a bare socket. */
async function answer(): Promise<void> {
  const transport = await open(ANSWERER, ({ from, body }) => {
    if (body.kind === 'read') {
      transport.send(envelope(ANSWERER, from, { kind: 'value', call: body.call, object: OBJECT }));
    }
  });
  const echo = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => { echo.listen(0, '127.0.0.1', resolve); });
  process.send!({ port: transport.port, echoPort: (echo.address() as AddressInfo).port });
}

/** Keeps `outstanding` questions open for some seconds; `ask` asks one, and calls `answered` for each. */
async function rate(
  outstanding: number, seconds: number, ask: () => void, onAnswer: (answered: () => void) => void,
): Promise<number> {
  let answers = 0;
  const began = process.hrtime.bigint();
  const end = began + BigInt(Math.round(seconds * 1e9));
  await new Promise<void>((resolve) => {
    onAnswer(() => {
      answers++;
      if (process.hrtime.bigint() < end) ask();
      else resolve();
    });
    for (let i = 0; i < outstanding; i++) ask();
  });
  return answers / (Number(process.hrtime.bigint() - began) / 1e9);
}

async function transportRates(port: number, seconds: number): Promise<number[]> {
  let answered = (): void => undefined;
  let call = 0;
  let connected = (): void => undefined;
  const transport = await open(ASKER, () => answered(), () => connected());
  await new Promise<void>((resolve) => {
    connected = resolve;
    transport.setPeers([{ id: nodeId('answerer'), incarnation: ANSWERER, address: `127.0.0.1:${port}` }]);
  });
  const rates: number[] = [];
  const ask = (): void => transport.send(envelope(ASKER, ANSWERER, {
    kind: 'read', call: ++call, key: { text: 'user:123456', high: call, low: 2 },
  }));
  for (const outstanding of [1, ...OUTSTANDING]) {
    rates.push(await rate(outstanding, seconds, ask, (then) => { answered = then; }));
  }
  await transport.close();
  return rates.slice(1); // The first was to warm up.
}

async function echoRates(port: number, seconds: number): Promise<number[]> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  let answered = (): void => undefined;
  let bytes = 0;
  socket.on('data', (chunk) => {
    for (bytes += chunk.length; bytes >= ECHO_BYTES; bytes -= ECHO_BYTES) answered();
  });
  const question = Buffer.alloc(ECHO_BYTES);
  const rates: number[] = [];
  for (const outstanding of OUTSTANDING) {
    rates.push(await rate(outstanding, seconds, () => socket.write(question), (then) => { answered = then; }));
  }
  socket.destroy();
  return rates;
}

async function main(seconds: number): Promise<void> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['answer']);
  const [ports] = await once(child, 'message') as [{ port: number; echoPort: number }];
  const ours = await transportRates(ports.port, seconds);
  const bare = await echoRates(ports.echoPort, seconds);
  OUTSTANDING.forEach((outstanding, i) => {
    const [own, echo] = [ours[i]!, bare[i]!];
    console.log(`transport outstanding=${outstanding} calls=${own.toFixed(0)}/s`
      + ` bare-echo=${echo.toFixed(0)}/s ratio=${(own / echo).toFixed(2)}`);
  });
  child.kill();
}

if (process.argv[2] === 'answer') await answer();
else await main(Number(process.argv[2] ?? 3));
