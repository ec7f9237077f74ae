// How this node gets on with its peers: frames, connections, what waits.
import type { Driver } from './driver.ts';
import { counter, counters, gauge } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import type { Picture } from './picture.ts';
import type { TransportStats } from './transport/transport.ts';

type Counting = Exclude<keyof TransportStats, 'droppedFrames' | 'pressedFrames'>;

export function transportMetrics(
  registry: Metrics,
  driver: Pick<Driver, 'pendingCalls'>,
  now: () => Picture,
): void {
  for (const [kind, name, read, help] of METRICS)
    kind(registry, { name: `dht_node_transport_${name}`, help }, () => now().transport[read]);
  counters(
    registry,
    {
      name: 'dht_node_transport_dropped_frames_total',
      help:
        'Frames dropped, by why: away (no connection), pressed (too much unsent or unanswered). ' +
        'away rising: a peer is down; pressed rising: one cannot keep up.',
    },
    'why',
    () => {
      const { droppedFrames, pressedFrames } = now().transport;
      return [
        ['away', droppedFrames - pressedFrames],
        ['pressed', pressedFrames],
      ];
    },
  );
  gauge(
    registry,
    {
      name: 'dht_node_peer_calls_pending',
      help: 'Questions of this replica to peers without an answer. Rising: peers are slow.',
    },
    () => driver.pendingCalls,
  );
}

const METRICS: readonly (readonly [
  kind: typeof gauge | typeof counter,
  name: string,
  read: Counting,
  help: string,
])[] = [
  [counter, 'frames_in_total', 'framesIn', 'Frames from peers. Rising: load, handoff or repair.'],
  [counter, 'frames_out_total', 'framesOut', 'Frames to peers. Rising: load, handoff or repair.'],
  [
    counter,
    'bytes_in_total',
    'bytesIn',
    'Bytes from peers. Rising without client load: handoff or repair.',
  ],
  [
    counter,
    'bytes_out_total',
    'bytesOut',
    'Bytes to peers. Rising without client load: handoff or repair.',
  ],
  [
    counter,
    'connects_total',
    'connects',
    'Connections made with peers. Rising: the network flaps or peers restart.',
  ],
  [
    counter,
    'refused_hellos_total',
    'refusedHellos',
    'Strangers hung up on. Rising: a scanner, or a node with another secret or ring.',
  ],
  [
    counter,
    'invalid_frames_total',
    'invalidFrames',
    'Frames of peers that made no sense. Rising: a fault or an attack.',
  ],
  [
    gauge,
    'connections',
    'connections',
    'Open connections with peers. Fewer than members but one: some peer cannot be reached.',
  ],
  [
    gauge,
    'unsent_bytes',
    'unsentBytes',
    'Bytes that wait to be sent to peers. Rising: back-pressure, a peer or the network is slow.',
  ],
  [
    gauge,
    'questions_in_flight',
    'questions',
    'Questions sent to peers and not answered. Near the limit: frames are about to be dropped.',
  ],
];
