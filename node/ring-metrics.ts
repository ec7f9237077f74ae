// The ring as this node sees it: document, slots, peers, hints, handoff. What alerts on the safety of
// data rest on, so that they still see when the operator is down.
import type { Driver } from './driver.ts';
import { counters, gauge, gauges } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import type { Picture } from './picture.ts';

export function ringMetrics(
  registry: Metrics,
  driver: Pick<Driver, 'meters' | 'isDraining'>,
  now: () => Picture,
): void {
  documentMetrics(registry, now);
  slotMetrics(registry, now);
  healthMetrics(registry, driver, now);
  hintMetrics(registry, now);
  gainMetrics(registry, now);
  eventMetrics(registry, driver);
}

function documentMetrics(registry: Metrics, now: () => Picture): void {
  gauge(
    registry,
    {
      name: 'dht_node_epoch',
      help: 'Epoch of the ring document in force. Lower than on other nodes: this one is cut off.',
    },
    () => now().document?.epoch ?? 0,
  );
  gauge(
    registry,
    {
      name: 'dht_node_epoch_start_time_seconds',
      help: 'When that epoch was stored, Unix time; 0: no document. Changing: the ring changes.',
    },
    () => (now().document?.progress.sinceMs ?? 0) / 1000,
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
        now().document?.phase === phase ? 1 : 0,
      ]),
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
        now().document?.members.filter((member) => member.state === state).length ?? 0,
      ]),
  );
}

function slotMetrics(registry: Metrics, now: () => Picture): void {
  gauges(
    registry,
    {
      name: 'dht_node_slots',
      help:
        'Slots held here by state: owned, replicated, moving (its sets change), under_replicated (a ' +
        'replica is silent or lost), unclean (moved away, not cleaned), unequal to a co-replica. ' +
        'under_replicated above 0: fewer than N live copies.',
    },
    'state',
    () => Object.entries(now().slots),
  );
  gauges(
    registry,
    {
      name: 'dht_node_ring_slots',
      help:
        'All slots of the ring, as this node sees it, by live copies: all, under_replicated (fewer ' +
        'than N), below_write_quorum (writes are refused), below_read_quorum, without_live_copy. ' +
        'Any but all above 0: copies are missing.',
    },
    'state',
    () => Object.entries(now().ringSlots),
  );
}

function healthMetrics(
  registry: Metrics,
  driver: Pick<Driver, 'isDraining'>,
  now: () => Picture,
): void {
  gauge(
    registry,
    {
      name: 'dht_node_serving',
      help: 'Whether the ring document names this incarnation and it answers replicas. 0: it is new or out.',
    },
    () => Number(now().report.serving),
  );
  gauge(
    registry,
    {
      name: 'dht_node_draining',
      help: 'Whether it takes no new requests. 1: it is about to stop.',
    },
    () => Number(driver.isDraining),
  );
  gauge(
    registry,
    {
      name: 'dht_node_split_ring',
      help: '1 when two documents of one epoch were met: the ring is split, call a person.',
    },
    () => Number(now().report.splitRing),
  );
  gauges(
    registry,
    {
      name: 'dht_node_peers',
      help: 'Other members by what is heard of them. silent above 0: a node is down or cut off.',
    },
    'state',
    () => Object.entries(now().peers),
  );
}

function hintMetrics(registry: Metrics, now: () => Picture): void {
  gauge(
    registry,
    {
      name: 'dht_node_hints',
      help: 'Writes kept for absent replicas. Rising: a replica is away.',
    },
    () => now().report.hints.items,
  );
  gauge(
    registry,
    {
      name: 'dht_node_hints_bytes',
      help: 'Bytes of those hints. Near the limit: the oldest are dropped soon.',
    },
    () => now().report.hints.bytes,
  );
  gauge(
    registry,
    {
      name: 'dht_node_hints_oldest_age_seconds',
      help: 'Age of the oldest hint. Near the age limit: it is dropped and anti-entropy must heal.',
    },
    () => now().report.hints.oldestAgeMs / 1000,
  );
  gauge(
    registry,
    {
      name: 'dht_node_hints_age_limit_seconds',
      help: 'Age at which hints are dropped, from the ring document; 0: none is held.',
    },
    () => (now().document?.limits.hintAgeMs ?? 0) / 1000,
  );
}

function gainMetrics(registry: Metrics, now: () => Picture): void {
  const gains = (): Picture['report']['gains'] => now().report.gains;
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
      help: 'Keys streamed to this node by the running change. Standing still: the source is slow or gone.',
    },
    () => gains()?.keys ?? 0,
  );
  gauge(
    registry,
    {
      name: 'dht_node_handoff_received_bytes',
      help: 'Bytes streamed to this node by the running change. Standing still: see the keys.',
    },
    () => gains()?.bytes ?? 0,
  );
  gauge(
    registry,
    {
      name: 'dht_node_slots_to_read_back',
      help: 'Slots to be read back from disk before a change that leaves one copy ends. Standing still: stuck.',
    },
    () => now().report.slotsToReadBack ?? 0,
  );
}

function eventMetrics(registry: Metrics, driver: Pick<Driver, 'meters'>): void {
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
