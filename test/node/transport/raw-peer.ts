// A peer made of a bare socket, for tests of what a well-behaved transport never sends.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { incarnation } from '../../../core/api/ids.ts';
import { ByteWriter } from '../../../node/codec/bytes.ts';
import { FrameReader, writeFrame } from '../../../node/transport/frames.ts';
import { startHandshake } from '../../../node/transport/handshake.ts';
import type { Hello } from '../../../node/transport/transport.ts';
import { HELLO, type Station } from '../../contracts/transport.ts';

export function framed(body: Uint8Array): Buffer {
  const writer = new ByteWriter();
  writeFrame(writer, 2 ** 32, () => {
    writer.reserve(body.length);
    writer.bytes.set(body, writer.at);
    writer.at += body.length;
  });
  return writer.take();
}

/** Connects without a word. Errors are expected: the other end may reset. */
export async function rawSocket(station: Station): Promise<Socket> {
  const [host, port] = station.address.split(':');
  const socket = connect({ host: host!, port: Number(port) });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

export async function closed(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

/** Connects and proves to be `name`; resolves when the other end has proved itself too. */
export async function authenticated(
  station: Station,
  name: string,
  secret = 'a shared secret',
  hello: Partial<Hello> = {},
): Promise<Socket> {
  const socket = await rawSocket(station);
  const handshake = startHandshake({
    own: { ...HELLO, ...hello, incarnation: incarnation(name) },
    secret,
    target: station.hello.incarnation,
  });
  const reader = new FrameReader(1024);
  socket.write(framed(handshake.opening!));
  await new Promise<void>((resolve) => {
    const take = (chunk: Buffer): void => {
      reader.add(chunk);
      for (let frame = reader.take(); frame !== null; frame = reader.take()) {
        const { send, peer } = handshake.take(frame);
        if (send !== null) socket.write(framed(send));
        if (peer === null) continue;
        socket.off('data', take);
        resolve();
      }
    };
    socket.on('data', take);
  });
  return socket;
}
