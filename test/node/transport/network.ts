// A network of TCP transports on loopback for the tests, patient in nothing.
import { openTcpTransport } from '../../../node/transport/tcp.ts';
import type { TransportLimits } from '../../../node/transport/options.ts';
import type { TransportNetwork } from '../../contracts/transport.ts';

export function tcpNetwork(
  limits: Partial<TransportLimits> = {},
  random?: () => number,
): TransportNetwork {
  return {
    async open({ hello, secret, events, log, address }) {
      const port = Number(address?.split(':')[1] ?? 0);
      const transport = await openTcpTransport({
        hello: () => hello,
        secret,
        events,
        log,
        listen: { host: '127.0.0.1', port },
        limits: { reconnectMsMin: 1, reconnectMsMax: 20, ...limits },
        ...(random === undefined ? {} : { random }),
      });
      return { transport, address: `127.0.0.1:${transport.port}` };
    },
  };
}
