// Whatever arrives on the peer port: the connection is closed and counted, the node goes on.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { incarnation, nodeId } from '../../../core/api/ids.ts';
import { connected, stations, type Station } from '../../contracts/transport.ts';
import { fc } from '../../properties.ts';
import { tcpNetwork } from './network.ts';
import { authenticated, closed, framed, rawSocket } from './raw-peer.ts';

const network = tcpNetwork({ handshakeMs: 60_000 });
const station = stations(() => network);

/** The proof that a node is unharmed: a new peer is served. */
async function serves(node: Station): Promise<void> {
  const peer = await station(`peer-${Math.random()}`);
  peer.transport.setPeers([node.peer]);
  await connected(peer);
  peer.say(node, 42);
  await node.journal.until(() =>
    node.received().some(({ from }) => from === peer.hello.incarnation),
  );
}

const CORPUS: readonly [string, Buffer][] = [
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['a TLS hello', Buffer.from('160301020001000200', 'hex')],
  ['an SSH banner', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
  ['zeros, which are probes', Buffer.alloc(64)],
  ['a length of 4 GiB', Buffer.alloc(16, 0xff)],
  ['a frame that is no hello', framed(Buffer.from('hello'))],
  [
    'a hello without JSON',
    framed(Buffer.concat([Buffer.from('RKPR\0'), Buffer.alloc(32), Buffer.from('{')])),
  ],
  [
    'a hello of nothing',
    framed(Buffer.concat([Buffer.from('RKPR\0'), Buffer.alloc(32), Buffer.from('null')])),
  ],
  ['a wrong CRC', Buffer.concat([Buffer.of(5, 0, 0, 0, 1, 2, 3, 4), Buffer.from('hello')])],
];

describe('the peer port', () => {
  test.each(CORPUS)(
    'closes the connection on %s, counts a stranger, and goes on',
    async (_, bytes) => {
      const node = await station('a');
      const socket = await rawSocket(node);
      socket.write(bytes);
      await closed(socket);
      await node.until('refused');
      expect(node.transport.stats()).toMatchObject({ refusedHellos: 1, invalidFrames: 0 });
      await serves(node);
    },
  );

  test('survives random bytes in random pieces', async () => {
    const node = await station('a');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1 }), { minLength: 1 }),
        async (pieces) => {
          const socket = await rawSocket(node);
          for (const piece of pieces) socket.write(piece);
          socket.end();
          await closed(socket);
        },
      ),
      { numRuns: 100 },
    );
    expect(node.transport.stats().connects).toBe(0);
    await serves(node);
  });

  test('forgets half a frame when its sender goes away', async () => {
    const node = await station('a');
    const socket = await authenticated(node, 'b');
    socket.end(framed(Buffer.alloc(1000)).subarray(0, 500));
    await node.until('lost');
    expect(node.transport.stats()).toMatchObject({ invalidFrames: 0, framesIn: 0 });
    await serves(node);
  });

  test.each([
    ['garbage in a valid frame', framed(Buffer.from('no envelope'))],
    ['a wrong CRC', Buffer.concat([Buffer.of(5, 0, 0, 0, 1, 2, 3, 4), Buffer.from('hello')])],
    ['an oversized length', Buffer.alloc(8, 0xff)],
  ])('hangs up on a peer that proved itself and then sends %s', async (_, bytes) => {
    const node = await station('a');
    const socket = await authenticated(node, 'b');
    socket.write(bytes);
    await closed(socket);
    await node.until('lost');
    expect(node.transport.stats()).toMatchObject({ invalidFrames: 1, framesIn: 0 });
    await serves(node);
  });

  test('survives random frames from a peer that proved itself', async () => {
    const node = await station('a');
    await fc.assert(
      fc.asyncProperty(fc.nat(20), fc.uint8Array({ maxLength: 60 }), async (kind, rest) => {
        const socket = await authenticated(node, 'b');
        socket.end(framed(Buffer.from([kind, ...rest])));
        await closed(socket);
      }),
      { numRuns: 60 },
    );
    await serves(node);
  });
});

describe('a stranger who does not speak', () => {
  const hastyNetwork = tcpNetwork({ handshakeMs: 30 });
  const hasty = stations(() => hastyNetwork);
  const narrowNetwork = tcpNetwork({ handshakeMs: 60_000, strangersMax: 3 });
  const narrow = stations(() => narrowNetwork);

  test('is hung up on when its time is over', async () => {
    const node = await hasty('a');
    await closed(await rawSocket(node));
    expect(node.reason('refused')).toBe('no handshake within 30 ms');
  });

  test('has to go when more come, so that they never lock a peer out', async () => {
    const node = await narrow('a');
    const silent = [
      await rawSocket(node),
      await rawSocket(node),
      await rawSocket(node),
      await rawSocket(node),
    ];
    await closed(silent[0]!);
    expect(node.reason('refused')).toBe('too many connections without a handshake');
    expect(silent.map((socket) => socket.closed)).toEqual([true, false, false, false]);
    await authenticated(node, 'b');
    await node.until('connected');
    for (const socket of silent) socket.destroy();
  });
});

describe('a member that takes connections and does not speak, as a process that hangs', () => {
  const hastyNetwork = tcpNetwork({ handshakeMs: 30 });
  const hasty = stations(() => hastyNetwork);

  test('is unreachable, and counts as no stranger', async () => {
    const hung = createServer().listen(0, '127.0.0.1');
    await once(hung, 'listening');
    const { port } = hung.address() as AddressInfo;
    const node = await hasty('a');
    node.transport.setPeers([
      { id: nodeId('b'), incarnation: incarnation('b'), address: `127.0.0.1:${port}` },
    ]);
    await node.until('unreachable');
    hung.close();
    expect(node.reason('unreachable')).toBe('no handshake within 30 ms');
    expect(node.transport.stats().refusedHellos).toBe(0);
  });
});
