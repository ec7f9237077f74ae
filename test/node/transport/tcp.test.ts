import { describe, expect, test } from '@jest/globals';
import { connected, HELLO, stations, transportContract } from '../../contracts/transport.ts';
import { openTcpTransport } from '../../../node/transport/tcp.ts';
import { tcpNetwork } from './network.ts';
import { closed, rawSocket } from './raw-peer.ts';

const network = tcpNetwork();
transportContract('tcp', () => network);

describe('the TCP transport', () => {
  const station = stations(() => network);
  const eagerNetwork = tcpNetwork({ reconnectMsMin: 0, reconnectMsMax: 0 }, () => 0);
  const eager = stations(() => eagerNetwork);

  test('carries both ways after two nodes dialed each other at the same moment [20 rounds]', async () => {
    for (let round = 0; round < 20; round++) {
      const [a, b] = [await eager(`a${round}`), await eager(`b${round}`)];
      b.transport.setPeers([a.peer]);
      a.transport.setPeers([b.peer]);
      await connected(a, b);
      // Where a second connection shows up, the lower incarnation closes the first: say it again then.
      const again = (): void => {
        a.say(b, 1);
        b.say(a, 2);
      };
      again();
      while (a.received().length === 0 || b.received().length === 0) {
        const seen = [a.journal.entries.length, b.journal.entries.length];
        await Promise.race(
          [a, b].map(({ journal }, i) => journal.until(({ length }) => length > seen[i]!)),
        );
        if (a.count('lost') + b.count('lost') > 0) again();
      }
    }
  });

  test('says that an address is unusable, and reaches the other peers', async () => {
    const [a, b] = [await station('a'), await station('b')];
    const nowhere = {
      ...b.peer,
      incarnation: 'c' as typeof b.peer.incarnation,
      address: 'no port',
    };
    a.transport.setPeers([nowhere, b.peer]);
    await connected(a, b);
    expect(a.reason('unreachable')).toBe('its address "no port" is not host:port');
  });

  test('follows a peer to another address', async () => {
    const [a, gone, b] = [await station('a'), await station('gone'), await station('b')];
    await gone.transport.close();
    a.transport.setPeers([{ ...b.peer, address: gone.address }]);
    await a.until('unreachable');
    a.transport.setPeers([b.peer]);
    await connected(a, b);
  });

  test('closes although a stranger is connected and silent', async () => {
    const node = await station('a');
    const stranger = await rawSocket(node);
    await node.transport.close();
    await closed(stranger);
  });

  test('does not log every stranger of a port scan', async () => {
    const node = await station('a');
    for (let i = 0; i < 30; i++) {
      const stranger = await rawSocket(node);
      stranger.write('GET / HTTP/1.1\r\n\r\n');
      await closed(stranger);
    }
    expect(node.transport.stats().refusedHellos).toBe(30);
    expect(node.count('refused')).toBe(10);
  });

  test('does not open without a secret, nor on a port that is taken', async () => {
    const node = await station('a');
    const options = {
      hello: () => HELLO,
      listen: { host: '127.0.0.1', port: Number(node.address.split(':')[1]) },
      events: { received: () => undefined, disconnected: () => undefined },
    };
    await expect(openTcpTransport({ ...options, secret: '' })).rejects.toThrow(
      'the peer secret is empty',
    );
    await expect(openTcpTransport({ ...options, secret: 's' })).rejects.toThrow('EADDRINUSE');
  });
});
