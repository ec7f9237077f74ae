// What the replica counted, as metrics: quorum outcomes, repair, handoff, hints, tombstones.
import type { Counter } from '../core/replica/counters.ts';
import type { Driver } from './driver.ts';
import { counter, gauge, table } from './metrics.ts';
import type { Metrics } from './metrics.ts';

const OPERATIONS = ['read', 'write'] as const;
const OUTCOMES = ['ok', 'short', 'timeout', 'stale-epoch'] as const;

export function replicaMetrics(
  registry: Metrics,
  driver: Pick<Driver, 'counted' | 'watchedTombstones'>,
): void {
  table(
    registry,
    {
      name: 'dht_node_quorums_total',
      help:
        'Operations coordinated here by outcome. short: too few replicas can be reached; timeout: ' +
        'too few answered in time; stale-epoch: the ring changed under one, which was planned ' +
        'again or refused. short or timeout rising: replicas are down or slow; stale-epoch rising ' +
        'without a change: some node is cut off from the operator.',
    },
    () =>
      OPERATIONS.flatMap((operation) =>
        OUTCOMES.map(
          (outcome) => [{ operation, outcome }, driver.counted(`${operation}-${outcome}`)] as const,
        ),
      ),
  );
  for (const [name, counted, help] of COUNTED) {
    counter(registry, { name: `dht_node_${name}_total`, help }, () => driver.counted(counted));
  }
  for (const [what, way, help] of HANDOFF) {
    table(registry, { name: `dht_node_handoff_${what}_${way}_total`, help }, () =>
      PEER_STATES.map(
        (state) => [{ peer: state }, driver.counted(`handoff-${what}-${way}-${state}`)] as const,
      ),
    );
  }
  gauge(
    registry,
    {
      name: 'dht_node_tombstones_watched',
      help: 'Deleted keys that are old enough to go and are watched first. Rising: a replica is away.',
    },
    () => driver.watchedTombstones,
  );
}

const PEER_STATES = ['joining', 'serving', 'leaving', 'left'] as const;

const HANDOFF: readonly (readonly [what: 'keys' | 'bytes', way: 'in' | 'out', help: string])[] = [
  [
    'keys',
    'in',
    'Keys that ring changes streamed here, by state of the member they came from. Rising: slots move here.',
  ],
  [
    'bytes',
    'in',
    'Bytes of those keys. Rising slowly during a change: throttled, or the source is slow.',
  ],
  [
    'keys',
    'out',
    'Keys that this node streamed to others, by their state. Rising: slots move away.',
  ],
  ['bytes', 'out', 'Bytes of those keys. Rising: handoff competes with requests here.'],
];

const COUNTED: readonly (readonly [name: string, counted: Counter, help: string])[] = [
  [
    'writes_handed_over',
    'writes-handed-over',
    'Writes that reached this node though it is no replica of their key, and went on to one. Rising: ' +
      'clients go through the Service; ringkeeper/client asks replicas directly.',
  ],
  [
    'read_repairs',
    'read-repairs',
    'Replicas that a read met behind and wrote back to. Rising: some replica misses writes.',
  ],
  [
    'sibling_reads',
    'sibling-reads',
    'Reads that found concurrent values. Rising: clients write without the context they read.',
  ],
  [
    'anti_entropy_sessions',
    'anti-entropy-sessions',
    'Comparisons with a co-replica that it answered. Not rising: repair stands still.',
  ],
  [
    'digest_mismatches',
    'digest-mismatches',
    'Slots that such a comparison found unequal; writes under way count too. Rising when nobody ' +
      'writes: replicas do not heal.',
  ],
  [
    'differing_leaves',
    'differing-leaves',
    'Leaves of those slots that were exchanged. Rising: how much there is to heal.',
  ],
  [
    'anti_entropy_bytes_in',
    'anti-entropy-bytes-in',
    'Bytes of records that such exchanges brought here. Rising: this replica missed writes.',
  ],
  [
    'anti_entropy_bytes_out',
    'anti-entropy-bytes-out',
    'Bytes of records that this node pushed in them. Rising: another replica missed writes.',
  ],
  [
    'hints_kept',
    'hints-kept',
    'Writes kept for a replica that did not answer. Rising: a replica is away.',
  ],
  [
    'hints_delivered',
    'hints-delivered',
    'Hints delivered. Rising: a replica is back and catches up.',
  ],
  [
    'tombstones_collected',
    'tombstones-collected',
    'Deleted or expired keys dropped for good. Not rising while keys are deleted: a replica is ' +
      'away or the ring is changing.',
  ],
];
