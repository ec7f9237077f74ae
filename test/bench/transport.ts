// Questions answered a second between two processes on loopback, beside bare node:net sockets that
// echo the same bytes.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { nodeId } from '../../core/api/ids.ts';
import type { Bench, Figure, Section } from './figures.ts';
import { count } from './figures.ts';
import { ANSWERER, ASKER, envelope, openEnd } from './transport-pair.ts';

const OUTSTANDING = [1, 64] as const;
const ECHO_BYTES = 64;

/** Keeps `outstanding` questions open for some seconds; `ask` asks one more. */
async function rate(
  outstanding: number,
  seconds: number,
  ask: () => void,
  onAnswer: (answered: () => void) => void,
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
  const transport = await openEnd(
    ASKER,
    () => answered(),
    () => connected(),
  );
  await new Promise<void>((resolve) => {
    connected = resolve;
    transport.setPeers([
      { id: nodeId('answerer'), incarnation: ANSWERER, address: `127.0.0.1:${port}` },
    ]);
  });
  const rates: number[] = [];
  const ask = (): void =>
    transport.send(
      envelope(ASKER, ANSWERER, {
        kind: 'read',
        call: ++call,
        key: { text: 'user:123456', high: call, low: 2 },
      }),
    );
  for (const outstanding of [1, ...OUTSTANDING]) {
    rates.push(
      await rate(outstanding, seconds, ask, (then) => {
        answered = then;
      }),
    );
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
    rates.push(
      await rate(
        outstanding,
        seconds,
        () => socket.write(question),
        (then) => {
          answered = then;
        },
      ),
    );
  }
  socket.destroy();
  return rates;
}

async function run({ seconds, tell }: Bench): Promise<readonly Figure[]> {
  tell('the transport alone');
  const child: ChildProcess = fork(fileURLToPath(new URL('transport-process.ts', import.meta.url)));
  const [ports] = (await once(child, 'message')) as [{ port: number; echoPort: number }];
  const ours = await transportRates(ports.port, seconds);
  const bare = await echoRates(ports.echoPort, seconds);
  child.kill();
  return OUTSTANDING.map((outstanding, i) => ({
    what: `questions answered a second, ${outstanding} outstanding, beside a bare echo`,
    measured:
      `${(ours[i]! / bare[i]!).toFixed(2)} × ` +
      `(${count(ours[i]!)}/s beside ${count(bare[i]!)}/s)`,
  }));
}

export const transport: Section = {
  name: 'transport',
  title: 'The transport alone, two processes on loopback',
  run,
};
