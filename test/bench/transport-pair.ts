// The two ends of the transport benchmark: who they are and how they open their side.
import { clusterId, epoch, incarnation } from '../../core/api/ids.ts';
import type { Incarnation } from '../../core/api/ids.ts';
import type { Envelope, PeerMessage } from '../../core/api/messages.ts';
import { openTcpTransport } from '../../node/transport/tcp.ts';
import type { Transport } from '../../node/transport/transport.ts';

export const ASKER = incarnation('0000000000000001');
export const ANSWERER = incarnation('0000000000000002');

export function envelope(from: Incarnation, to: Incarnation, body: PeerMessage): Envelope {
  return {
    from,
    to,
    epoch: epoch(7),
    documentHash: '0123456789abcdef',
    clock: 1.7e15,
    body,
    about: null,
  };
}

export function openEnd(
  own: Incarnation,
  received: (envelope: Envelope) => void,
  connected?: () => void,
): Promise<Transport & { readonly port: number }> {
  return openTcpTransport({
    hello: () => ({
      incarnation: own,
      clusterId: clusterId('bench'),
      epoch: epoch(7),
      protocolVersionMin: 1,
      protocolVersionMax: 1,
      namesWanted: false,
    }),
    secret: 'bench',
    listen: { host: '127.0.0.1', port: 0 },
    events: { received, disconnected: () => undefined },
    log: ({ kind }) => {
      if (kind === 'connected') connected?.();
    },
  });
}
