import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation, type Incarnation } from '../../../core/api/ids.ts';
import type { PeerMessage } from '../../../core/api/messages.ts';
import { connected, stations, type Station } from '../../contracts/transport.ts';
import { tcpNetwork } from './network.ts';
import { authenticated, closed } from './raw-peer.ts';

const network = tcpNetwork();
const station = stations(() => network);
const tightNetwork = tcpNetwork({
  unsentBytesMax: 10_000,
  inFlightMax: 3,
  frameBytesMax: 1_000_000,
});
const tight = stations(() => tightNetwork);
const probingNetwork = tcpNetwork({ probeMs: 20, silentProbesMax: 3 });
const probing = stations(() => probingNetwork);

interface Named {
  readonly hello: { readonly incarnation: Incarnation };
}

function send(from: Station, to: Named, body: PeerMessage): void {
  from.transport.send({
    from: from.hello.incarnation,
    to: to.hello.incarnation,
    epoch: epoch(1),
    documentHash: '',
    clock: 1,
    body,
    about: null,
  });
}

const KEY = { text: 'k', high: 1, low: 2 };

function write(bytes: number): PeerMessage {
  const sibling = {
    dot: { actor: 'x.1', counter: 1 },
    value: new Uint8Array(bytes),
    contentType: '',
    time: 1,
    expiresAtMs: 0,
  };
  const object = { context: { actors: ['x.1'], counters: [1] }, siblings: [sibling] };
  return { kind: 'write', call: 1, key: KEY, object };
}

describe('a connection', () => {
  test('sends all frames of a turn in one piece', async () => {
    const node = await station('a');
    const socket = await authenticated(node, 'b');
    await node.until('connected');
    const raw = { hello: { incarnation: incarnation('b') } };
    const pieces: number[] = [];
    const arrived = new Promise<void>((resolve) =>
      socket.on('data', (chunk) => {
        pieces.push(chunk.length);
        resolve();
      }),
    );
    const before = node.transport.stats().bytesOut;
    for (let call = 0; call < 20; call++) node.say(raw, call);
    expect(node.transport.stats().bytesOut).toBe(before);
    await arrived;
    expect(pieces).toEqual([node.transport.stats().bytesOut - before]);
    socket.destroy();
  });

  test('carries a frame of megabytes', async () => {
    const [a, b] = [await station('a'), await station('b')];
    a.transport.setPeers([b.peer]);
    await connected(a, b);
    send(a, b, write(5_000_000));
    await b.until('received');
    expect(b.received()[0]!.body).toStrictEqual(write(5_000_000));
  });

  test('drops what is larger than a frame, says so once, and carries the next', async () => {
    const [a, b] = [await tight('a'), await tight('b')];
    a.transport.setPeers([b.peer]);
    await connected(a, b);
    send(a, b, write(1_000_000));
    send(a, b, write(1_000_000));
    a.say(b, 1);
    await b.until('received');
    expect(a.reason('dropping')).toBe('a write exceeds 1000000 bytes');
    expect([a.count('dropping'), a.transport.stats().droppedFrames]).toEqual([1, 2]);
  });

  test('to a peer that does not read holds a bounded number of bytes and drops the rest', async () => {
    const node = await tight('a');
    const socket = await authenticated(node, 'b');
    await node.until('connected');
    socket.pause();
    const raw = { hello: { incarnation: incarnation('b') } };
    const page: PeerMessage = {
      kind: 'page',
      call: 1,
      unfinished: [],
      records: [
        { key: KEY, object: (write(900_000) as Extract<PeerMessage, { kind: 'write' }>).object },
      ],
    };
    // Each turn hands one page to the socket, until the kernel takes no more.
    while (node.transport.stats().droppedFrames === 0) {
      send(node, raw, page);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(node.reason('dropping')).toMatch(/bytes wait to be sent/);
    socket.destroy();
    await node.until('lost');
  });

  test('holds questions back when too many wait for answers', async () => {
    const [a, b] = [await tight('a'), await tight('b')];
    a.transport.setPeers([b.peer]);
    await connected(a, b);
    for (const call of [1, 2, 3, 4]) send(a, b, { kind: 'read', call, key: KEY });
    await b.until('received', 3);
    expect(a.transport.stats().droppedFrames).toBe(1);
    send(b, a, { kind: 'value', call: 2, object: null });
    await a.until('received');
    send(a, b, { kind: 'read', call: 5, key: KEY });
    await b.until('received', 4);
    expect(b.received().map(({ body }) => 'call' in body && body.call)).toEqual([1, 2, 3, 5]);
  });

  test('is given up when its peer falls silent, as after a loss of power', async () => {
    const node = await probing('a');
    const socket = await authenticated(node, 'b');
    await closed(socket);
    await node.until('disconnected');
    expect(node.reason('disconnected')).toBe('silent for 60 ms');
  });

  test('between two live nodes outlasts idleness', async () => {
    const [a, b] = [await probing('a'), await probing('b')];
    a.transport.setPeers([b.peer]);
    await connected(a, b);
    // A raw peer on the same clock is given up, after which the idle pair must still stand.
    await authenticated(a, 'silent');
    await a.until('disconnected');
    a.say(b, 1);
    await b.until('received');
    expect([a.count('connected', b), a.count('lost', b)]).toEqual([1, 0]);
  });
});

describe('two connections between one pair', () => {
  test('are one again when the end that chooses sees the newer: a restart wins over its half-open past', async () => {
    const node = await station('a');
    const past = await authenticated(node, 'b');
    const present = await authenticated(node, 'b');
    await closed(past);
    await node.until('connected', 2);
    expect(node.count('disconnected')).toBe(0);
    expect(present.destroyed).toBe(false);
    present.destroy();
  });

  test('both stay at the end that does not choose, and it sends on the newer', async () => {
    const node = await station('b');
    const older = await authenticated(node, 'a');
    const newer = await authenticated(node, 'a');
    await node.until('connected', 2);
    const arrived = new Promise((resolve) => newer.once('data', resolve));
    node.say({ hello: { incarnation: incarnation('a') } }, 1);
    await arrived;
    expect(older.destroyed).toBe(false);
    older.destroy();
    newer.destroy();
  });

  test('are never three', async () => {
    const node = await station('b');
    const sockets = [
      await authenticated(node, 'a'),
      await authenticated(node, 'a'),
      await authenticated(node, 'a'),
    ];
    await closed(sockets[0]!);
    expect(sockets.map((socket) => socket.destroyed)).toEqual([true, false, false]);
    for (const socket of sockets) socket.destroy();
  });
});
