// What this node tells Prometheus, and what a rise of each number means.
import type { Driver } from './driver.ts';
import { LATENCY_BOUNDS, OUTCOMES } from './http-meter.ts';
import type { HttpMeter } from './http-meter.ts';
import { VERBS } from './http/exchange.ts';
import { counter, counters, gauge, gauges, histogram, newMetrics, table } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { replicaMetrics } from './replica-metrics.ts';
import { peersByState, slotsByState } from './ring-counts.ts';
import type { Storage } from './storage/storage.ts';
import type { Transport } from './transport/transport.ts';

export interface MetricsSources {
  readonly driver: Driver;
  readonly storage: Storage;
  readonly transport: Transport;
  readonly http: HttpMeter;
  /** Client requests whose answer has not left yet. */
  readonly inFlight: () => number;
  /** Ends the observers of the process. */
  readonly signal: AbortSignal;
}

export interface MetricsPage {
  render(): Promise<{ readonly type: string; readonly text: string }>;
}

export function metricsPage(sources: MetricsSources): MetricsPage {
  const registry = newMetrics();
  requestMetrics(registry, sources);
  ringMetrics(registry, sources);
  healthMetrics(registry, sources);
  eventMetrics(registry, sources);
  replicaMetrics(registry, sources.driver);
  storeMetrics(registry, sources);
  transportMetrics(registry, sources);
  processMetrics(registry, sources.signal);
  return {
    render: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}

function requestMetrics(registry: Metrics, { http, inFlight, driver }: MetricsSources): void {
  table(
    registry,
    {
      name: 'dht_node_requests_total',
      help: 'Client requests by verb and outcome. unavailable rising: quorums fail; failed: a bug.',
    },
    () =>
      VERBS.flatMap((verb) =>
        OUTCOMES.map((outcome) => [{ verb, outcome }, http.count(verb, outcome)] as const),
      ),
  );
  histogram(
    registry,
    {
      name: 'dht_node_request_duration_seconds',
      help: "Seconds from a request's headers to its answer. Rising: disk, peers or node are slow.",
    },
    () => VERBS.map((verb) => ({ labels: { verb }, ...http.latency(verb) })),
    LATENCY_BOUNDS,
  );
  gauge(
    registry,
    {
      name: 'dht_node_requests_in_flight',
      help: 'Client requests being answered. Rising while requests_total does not: it is stuck.',
    },
    inFlight,
  );
  gauge(
    registry,
    {
      name: 'dht_node_operations_pending',
      help: 'Questions to the ring without a verdict. Rising: replicas answer slowly.',
    },
    () => driver.pendingRequests,
  );
  counter(
    registry,
    {
      name: 'dht_node_steps_total',
      help: 'Inputs of the replica. Rising faster than requests: repair or handoff runs.',
    },
    () => driver.meters.steps,
  );
}

function ringMetrics(registry: Metrics, { driver }: MetricsSources): void {
  gauge(
    registry,
    {
      name: 'dht_node_epoch',
      help: 'Epoch of the ring document in force. Lower than on other nodes: this one is cut off.',
    },
    () => driver.document?.epoch ?? 0,
  );
  gauges(
    registry,
    {
      name: 'dht_node_phase',
      help: '1 for the phase in force. write-both or read-new for long: a change is stuck.',
    },
    'phase',
    () =>
      (['stable', 'write-both', 'read-new'] as const).map((phase) => [
        phase,
        driver.document?.phase === phase ? 1 : 0,
      ]),
  );
  gauges(
    registry,
    {
      name: 'dht_node_slots',
      help:
        'Slots by state: owned, replicated, moving (its sets change), under_replicated (a ' +
        'replica is silent or lost), unclean (moved away, not cleaned), unequal to a co-replica. ' +
        'under_replicated above 0: fewer than N live copies.',
    },
    'state',
    () => Object.entries(slotsByState(driver.document, driver.report())),
  );
  gauges(
    registry,
    {
      name: 'dht_node_members',
      help: 'Members by state. joining or leaving for long: a change is stuck.',
    },
    'state',
    () =>
      (['joining', 'serving', 'leaving', 'left'] as const).map((state) => [
        state,
        driver.document?.members.filter((member) => member.state === state).length ?? 0,
      ]),
  );
}

function healthMetrics(registry: Metrics, { driver }: MetricsSources): void {
  gauge(
    registry,
    {
      name: 'dht_node_serving',
      help: '1 when the ring document names this incarnation and it answers replica requests.',
    },
    () => Number(driver.report().serving),
  );
  gauge(
    registry,
    {
      name: 'dht_node_draining',
      help: '1 when it takes no new requests because it is about to stop.',
    },
    () => Number(driver.isDraining),
  );
  gauge(
    registry,
    {
      name: 'dht_node_split_ring',
      help: '1 when two documents of one epoch were met: the ring is split, call a person.',
    },
    () => Number(driver.report().splitRing),
  );
  gauge(
    registry,
    {
      name: 'dht_node_hints',
      help: 'Writes kept for absent replicas. Rising: a replica is away.',
    },
    () => driver.report().hints.items,
  );
  gauge(
    registry,
    {
      name: 'dht_node_hints_bytes',
      help: 'Bytes of those hints. Near the limit: the oldest are dropped soon.',
    },
    () => driver.report().hints.bytes,
  );
  gauge(
    registry,
    {
      name: 'dht_node_hints_oldest_age_seconds',
      help: 'Age of the oldest hint. Near three hours: it is dropped and anti-entropy must heal.',
    },
    () => driver.report().hints.oldestAgeMs / 1000,
  );
  gauges(
    registry,
    {
      name: 'dht_node_peers',
      help: 'Other members by what is heard of them. silent above 0: a node is down or cut off.',
    },
    'state',
    () => Object.entries(peersByState(driver.document, driver.report())),
  );
  handoffMetrics(registry, driver);
}

function handoffMetrics(registry: Metrics, driver: Driver): void {
  const gains = (): ReturnType<Driver['report']>['gains'] => driver.report().gains;
  gauges(
    registry,
    {
      name: 'dht_node_gained_slots',
      help:
        'Slots that the running change gives this node: needed, and covered so far. ' +
        'covered standing still: see waitingFor in the report.',
    },
    'progress',
    () => [
      ['needed', gains()?.needed ?? 0],
      ['covered', gains()?.covered ?? 0],
    ],
  );
  gauge(
    registry,
    {
      name: 'dht_node_handoff_received_keys',
      help: 'Keys streamed to this node by the change. Standing still: the source is slow or gone.',
    },
    () => gains()?.keys ?? 0,
  );
  gauge(
    registry,
    {
      name: 'dht_node_handoff_received_bytes',
      help: 'Bytes streamed to this node by the running change.',
    },
    () => gains()?.bytes ?? 0,
  );
}

function eventMetrics(registry: Metrics, { driver }: MetricsSources): void {
  counters(
    registry,
    {
      name: 'dht_node_events_total',
      help:
        'What the replica noticed, by kind. corrupt-record: a disk goes bad; data-loss-possible: ' +
        'call a person; peer-silent often: the network flaps.',
    },
    'event',
    () => driver.meters.events,
  );
  counters(
    registry,
    {
      name: 'dht_node_hints_dropped_total',
      help: 'Hints given up, by reason. Rising: a replica was away too long; repair must heal.',
    },
    'why',
    () => Object.entries(driver.meters.hintsDropped),
  );
}

function storeMetrics(registry: Metrics, { storage, driver }: MetricsSources): void {
  const stats = (): ReturnType<Storage['stats']> => storage.stats();
  const of = (kind: typeof gauge, name: string, help: string, read: () => number): void => {
    kind(registry, { name: `dht_node_store_${name}`, help }, read);
  };
  of(gauge, 'keys', 'Keys held, tombstones included.', () => driver.report().keys);
  of(gauge, 'bytes', 'Bytes of those keys and their objects.', () => driver.report().bytes);
  of(
    gauge,
    'disk_bytes',
    "Bytes of the store's files. Rising while bytes does not: compaction lags.",
    () => stats().diskBytes,
  );
  of(
    gauge,
    'disk_free_bytes',
    'Free bytes of its volume. Falling: it fills up.',
    () => stats().diskFreeBytes,
  );
  of(
    gauge,
    'disk_full',
    '1 when new values are refused to keep room for deletes and handoff.',
    () => Number(stats().diskFull),
  );
  of(gauge, 'cache_bytes', 'Bytes of records kept in memory.', () => stats().cacheBytes);
  of(counter, 'cache_hits_total', 'Loads answered from memory.', () => stats().cacheHits);
  of(
    counter,
    'cache_misses_total',
    'Loads that went to the disk. Rising: the working set outgrew the cache.',
    () => stats().cacheMisses,
  );
  of(counter, 'commits_total', 'Group commits, each one sync of the disk.', () => stats().commits);
  of(
    counter,
    'committed_writes_total',
    'Writes in them. Per commit rising: the load rises or the disk slows.',
    () => stats().committedWrites,
  );
  of(
    counter,
    'commit_seconds_total',
    'Seconds spent committing. Per commit rising: the disk slows.',
    () => stats().commitSeconds,
  );
}

function transportMetrics(registry: Metrics, { transport }: MetricsSources): void {
  const of = (
    name: string,
    help: string,
    read: (stats: ReturnType<Transport['stats']>) => number,
  ): void => {
    counter(registry, { name: `dht_node_transport_${name}_total`, help }, () =>
      read(transport.stats()),
    );
  };
  of('frames_in', 'Frames from peers.', (stats) => stats.framesIn);
  of('frames_out', 'Frames to peers.', (stats) => stats.framesOut);
  of(
    'bytes_in',
    'Bytes from peers. Rising without client load: handoff or repair.',
    (stats) => stats.bytesIn,
  );
  of('bytes_out', 'Bytes to peers.', (stats) => stats.bytesOut);
  of(
    'connects',
    'Connections made to peers. Rising: the network flaps or peers restart.',
    (stats) => stats.connects,
  );
  of(
    'refused_hellos',
    'Handshakes refused. Rising: a stranger, or a node with another secret or ring.',
    (stats) => stats.refusedHellos,
  );
  of(
    'invalid_frames',
    'Frames that made no sense. Rising: a fault or an attack.',
    (stats) => stats.invalidFrames,
  );
  of(
    'dropped_frames',
    'Frames dropped because a peer was away or too slow. Rising: it cannot keep up.',
    (stats) => stats.droppedFrames,
  );
}
