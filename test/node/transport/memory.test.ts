import { describe, expect, test } from '@jest/globals';
import { openMemoryNetwork, type MemoryNetwork } from '../../../node/transport/memory.ts';
import {
  connected,
  stations,
  transportContract,
  type TransportNetwork,
} from '../../contracts/transport.ts';

function memoryNetwork(network: MemoryNetwork): TransportNetwork {
  let opened = 0;
  return {
    open(opening) {
      const address = opening.address ?? `memory-${opened++}`;
      const transport = network.transport({ ...opening, hello: () => opening.hello, address });
      return Promise.resolve({ transport, address });
    },
  };
}

const contractNetwork = memoryNetwork(openMemoryNetwork());
transportContract('memory', () => contractNetwork);

describe('a memory network', () => {
  const network = openMemoryNetwork();
  const stationNetwork = memoryNetwork(network);
  const station = stations(() => stationNetwork);

  test('carries nothing over a cut, and carries again once healed', async () => {
    const [a, b] = [await station('a'), await station('b')];
    a.transport.setPeers([b.peer]);
    await connected(a, b);
    network.cut(a.hello.incarnation, b.hello.incarnation);
    await Promise.all([a.until('lost'), b.until('lost')]);
    a.say(b, 1);
    await a.until('lost', 2);
    network.heal(a.hello.incarnation, b.hello.incarnation);
    await a.until('connected', 2);
    a.say(b, 2);
    await b.until('received');
    expect(b.received().map(({ body }) => body)).toMatchObject([{ call: 2 }]);
  });
});
