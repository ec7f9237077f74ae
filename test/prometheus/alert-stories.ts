// For each alert what its series do: nothing at first, then trouble, then nothing again; and what looks
// alike and must not call anybody.

type Series = readonly (readonly [name: string, values: string])[];

export interface Story {
  readonly series: Series;
  /** Of the alert while it fires, beside its severity. */
  readonly labels: Readonly<Record<string, string>>;
  /** As the description tells it; empty: it tells none. */
  readonly value: string;
  /** Members that Prometheus does not reach, where the description names them. */
  readonly unscraped?: readonly string[];
  /** Other series of the same trouble: it fires as well. */
  readonly also?: Series;
  /** The same time with other series: silence. */
  readonly lookalike?: Series;
  /** Left out: `HOURS`. */
  readonly times?: Times;
}

export interface Times {
  readonly interval: string;
  readonly calm: string;
  readonly fires: string;
  readonly resolved: string;
}

/** Half an hour of calm, an hour and a half of trouble, an hour of calm. */
export const HOURS: Times = { interval: '1m', calm: '20m', fires: '110m', resolved: '175m' };
const steps = (calm: number, trouble: number): string => `${calm}x29 ${trouble}x89 ${calm}x59`;
/** A counter that grows by so much a minute in calm and in trouble. */
const grows = (calm: number, trouble: number): string =>
  `0+${calm}x29 ${calm * 29}+${trouble}x89 ${calm * 29 + trouble * 89}+${calm}x59`;

const DEV = { namespace: 'rings', cluster: 'dev' } as const;
const POD = { ...DEV, pod: 'dev-0' } as const;
const OPERATORS = { namespace: 'system' } as const;
const at = (name: string, pod: number, labels = ''): string =>
  `${name}{namespace="rings",cluster="dev",pod="dev-${pod}"${labels === '' ? '' : `,${labels}`}}`;
const ring = (name: string, labels = ''): string =>
  `${name}{namespace="rings",cluster="dev"${labels === '' ? '' : `,${labels}`}}`;

/** Three nodes that see the same, and three of which one alone sees it. */
const seen = (name: string, labels: string): Pick<Story, 'series' | 'lookalike'> => ({
  series: [0, 1, 2].map((pod) => [at(name, pod, labels), steps(0, 7)] as const),
  lookalike: [0, 1, 2].map((pod) => [at(name, pod, labels), steps(0, pod === 0 ? 7 : 0)] as const),
});

const requests = (outcome: string): string =>
  at('dht_node_requests_total', 0, `outcome="${outcome}"`);
const latencies = (le: string): string =>
  at('dht_node_request_duration_seconds_bucket', 0, `verb="get",le="${le}"`);
const latencyCount = at('dht_node_request_duration_seconds_count', 0, 'verb="get"');

/** Two days of calm, four of trouble, four of calm, told every twenty minutes. */
const DAYS: Times = { interval: '20m', calm: '40h', fires: '140h', resolved: '230h' };
const days = (calm: number, trouble: number): string => {
  const [first, second] = [calm * 143, calm * 143 + trouble * 287];
  return `0+${calm}x143 ${first}+${trouble}x287 ${second}+${calm}x287`;
};

export const STORIES: Readonly<Record<string, Story>> = {
  DhtRingSilent: {
    series: [
      [ring('dht_ring_epoch'), '4x179'],
      [ring('dht_ring_ready_members'), steps(3, 0)],
      [at('dht_node_serving', 0), '1x29 _x89 1x59'],
      [at('up', 0), steps(1, 0)],
      [at('up', 1), steps(1, 0)],
    ],
    // It was laid to sleep, and another one is cut off from the operator alone.
    lookalike: [
      [ring('dht_ring_epoch'), '4x179'],
      [ring('dht_ring_ready_members'), steps(3, 0)],
      [ring('dht_ring_condition', 'condition="Hibernated"'), steps(0, 1)],
      ['dht_ring_epoch{namespace="rings",cluster="cut"}', '4x179'],
      ['dht_ring_ready_members{namespace="rings",cluster="cut"}', steps(3, 0)],
      ['dht_node_serving{namespace="rings",cluster="cut",pod="cut-0"}', '1x179'],
    ],
    labels: DEV,
    value: '',
    unscraped: ['dev-0', 'dev-1'],
  },
  DhtSlotsWithoutLiveCopy: {
    ...seen('dht_node_ring_slots', 'state="without_live_copy"'),
    labels: DEV,
    value: '7',
  },
  DhtSlotsBelowWriteQuorum: {
    ...seen('dht_node_ring_slots', 'state="below_write_quorum"'),
    labels: DEV,
    value: '7',
  },
  DhtSlotsUnderReplicated: {
    ...seen('dht_node_ring_slots', 'state="under_replicated"'),
    labels: DEV,
    value: '7',
  },
  DhtDataLossPossible: {
    series: [
      // The step itself is what it hears of: an hour later it is quiet.
      [at('dht_node_events_total', 0, 'event="data-loss-possible"'), '0x89 3x89'],
    ],
    // A replacement that found out before anybody looked.
    also: [[at('dht_node_events_total', 1, 'event="data-loss-possible"'), '_x89 3x89']],
    lookalike: [[at('dht_node_events_total', 0, 'event="peer-silent"'), '0x89 3x89']],
    labels: DEV,
    value: '',
  },
  DhtSplitRing: {
    series: [[at('dht_node_split_ring', 1), steps(0, 1)]],
    labels: DEV,
    value: '',
  },
  DhtDigestMismatchNotHealing: {
    series: [[at('dht_node_slots', 0, 'state="unequal"'), steps(0, 2)]],
    // A slot that heals, and another one that differs for a moment later on.
    lookalike: [[at('dht_node_slots', 0, 'state="unequal"'), '0x49 2x19 0x9 1x19 0x79']],
    labels: POD,
    value: '2',
  },
  DhtDamagedRecords: {
    series: [[at('dht_node_store_damaged_records', 0), steps(0, 4)]],
    labels: POD,
    value: '4',
  },
  DhtHintsGrowing: {
    series: [[at('dht_node_hints', 0), '0x29 10+10x89 0x59']],
    // Many, but they are being delivered.
    lookalike: [[at('dht_node_hints', 0), '0x29 1000-10x89 0x59']],
    labels: DEV,
    value: '810',
  },
  DhtHintsExpireSoon: {
    series: [
      [at('dht_node_hints_oldest_age_seconds', 0), '0x29 100+100x89 0x59'],
      [at('dht_node_hints_age_limit_seconds', 0), '10000x179'],
    ],
    lookalike: [
      [at('dht_node_hints_oldest_age_seconds', 0), '0x29 100+10x89 0x59'],
      [at('dht_node_hints_age_limit_seconds', 0), '10000x179'],
    ],
    labels: DEV,
    value: '2h 15m 0s',
  },
  DhtRingChangeStuck: {
    series: [
      [at('dht_node_phase', 0, 'phase="write-both"'), steps(0, 1)],
      [at('dht_node_handoff_bytes_in_total', 0), '0x179'],
      [at('dht_node_epoch', 0), '4x29 5x89 6x59'],
    ],
    // It takes long, but bytes arrive.
    lookalike: [
      [at('dht_node_phase', 0, 'phase="write-both"'), steps(0, 1)],
      [at('dht_node_handoff_bytes_in_total', 0), '0+1000x179'],
      [at('dht_node_epoch', 0), '4x29 5x89 6x59'],
    ],
    labels: DEV,
    value: '',
  },
  DhtScaleInBlocked: {
    series: [[ring('dht_ring_condition', 'condition="ScaleInBlocked"'), steps(0, 1)]],
    lookalike: [[ring('dht_ring_condition', 'condition="ScalingIn"'), steps(0, 1)]],
    labels: DEV,
    value: '',
  },
  DhtRingStalled: {
    series: [[ring('dht_ring_condition', 'condition="Stalled"'), steps(0, 1)]],
    labels: DEV,
    value: '',
  },
  DhtNodeBehind: {
    series: [
      [at('dht_node_epoch', 0), '4x29 6x89 6x59'],
      [at('dht_node_epoch', 1), '4x29 4x89 6x59'],
      [at('dht_node_serving', 0), '1x179'],
      [at('dht_node_serving', 1), '1x179'],
    ],
    // It was taken out of the ring: nobody waits for it.
    lookalike: [
      [at('dht_node_epoch', 0), '4x29 6x89 6x59'],
      [at('dht_node_epoch', 1), '4x179'],
      [at('dht_node_serving', 0), '1x179'],
      [at('dht_node_serving', 1), '1x29 0x149'],
    ],
    labels: { ...DEV, pod: 'dev-1' },
    value: '2',
  },
  DhtNodeDown: {
    series: [
      ...[0, 1].flatMap((pod) => [
        [at('dht_node_peers', pod, 'state="silent"'), steps(0, 1)] as const,
        [at('dht_node_peers', pod, 'state="reachable"'), steps(2, 1)] as const,
        [at('up', pod), '1x179'] as const,
      ]),
      [at('up', 2), steps(1, 0)],
    ],
    unscraped: ['dev-2'],
    lookalike: [[at('dht_node_peers', 0, 'state="reachable"'), steps(2, 3)]],
    labels: DEV,
    value: '1',
  },
  DhtDiskFull: {
    series: [[at('dht_node_store_disk_full', 0), steps(0, 1)]],
    labels: POD,
    value: '',
  },
  DhtDiskFilling: {
    series: [
      [at('dht_node_store_disk_free_bytes', 0), '1000000x29 1000000-10000x89 1000000x600'],
      [at('dht_node_store_disk_reserve_bytes', 0), '1000x800'],
    ],
    // Slowly enough to last for more than a day.
    lookalike: [
      [at('dht_node_store_disk_free_bytes', 0), '1000000-100x179'],
      [at('dht_node_store_disk_reserve_bytes', 0), '1000x179'],
    ],
    labels: POD,
    value: '',
    times: { ...HOURS, resolved: '10h' },
  },
  DhtDiskTooSmallForNextMove: {
    series: [
      [at('dht_node_store_disk_free_bytes', 0), steps(9216, 3072)],
      [at('dht_node_store_disk_reserve_bytes', 0), '1024x179'],
      [at('dht_node_store_disk_bytes', 0), '8192x179'],
      [at('dht_node_members', 0, 'state="serving"'), '3x179'],
    ],
    // With nine members each gets an eighth.
    lookalike: [
      [at('dht_node_store_disk_free_bytes', 0), steps(9216, 3072)],
      [at('dht_node_store_disk_reserve_bytes', 0), '1024x179'],
      [at('dht_node_store_disk_bytes', 0), '8192x179'],
      [at('dht_node_members', 0, 'state="serving"'), '9x179'],
    ],
    labels: POD,
    value: '2ki',
  },
  DhtNodeOverloaded: {
    series: [[at('dht_node_event_loop_delay_seconds', 0, 'percentile="99"'), steps(0.001, 0.15)]],
    lookalike: [
      [at('dht_node_event_loop_delay_seconds', 0, 'percentile="100"'), steps(0.001, 0.15)],
    ],
    labels: POD,
    value: '150ms',
  },
  DhtStrangersRefused: {
    series: [[at('dht_node_transport_refused_hellos_total', 0), grows(0, 60)]],
    labels: DEV,
    value: '1',
  },
  DhtErrorBudgetBurnsFast: {
    series: [
      [requests('ok'), grows(1000, 950)],
      [requests('unavailable'), grows(0, 50)],
    ],
    lookalike: [
      [requests('ok'), grows(1000, 950)],
      [requests('refused'), grows(0, 50)],
    ],
    labels: DEV,
    value: '5%',
  },
  DhtErrorBudgetBurnsSlowly: {
    series: [
      [requests('ok'), days(1000, 996)],
      [requests('unavailable'), days(0, 4)],
    ],
    lookalike: [
      [requests('ok'), days(10_000, 9999)],
      [requests('unavailable'), days(0, 1)],
    ],
    labels: DEV,
    value: '0.4%',
    times: DAYS,
  },
  DhtLatencyBudgetBurnsFast: {
    series: [
      [latencies('0.0625'), grows(1000, 750)],
      [latencyCount, grows(1000, 1000)],
    ],
    lookalike: [
      [latencies('0.0625'), grows(1000, 1000)],
      [latencies('0.03125'), grows(1000, 750)],
      [latencyCount, grows(1000, 1000)],
    ],
    labels: DEV,
    value: '25%',
  },
  DhtLatencyBudgetBurnsSlowly: {
    series: [
      [latencies('0.0625'), days(1000, 960)],
      [latencyCount, days(1000, 1000)],
    ],
    lookalike: [
      [latencies('0.0625'), days(1000, 995)],
      [latencyCount, days(1000, 1000)],
    ],
    labels: DEV,
    value: '4%',
    times: DAYS,
  },
  DhtOperatorDown: {
    series: [
      [at('dht_node_serving', 0), '1x179'],
      [ring('dht_ring_epoch'), '4x29 _x89 4x59'],
    ],
    lookalike: [
      [at('dht_node_serving', 0), '1x179'],
      [ring('dht_ring_epoch'), '4x179'],
    ],
    labels: DEV,
    value: '',
  },
  DhtOperatorNotLeading: {
    series: [
      ['leader_election_master_status{namespace="system",name="dhtcluster",pod="a"}', steps(1, 0)],
      ['leader_election_master_status{namespace="system",name="dhtcluster",pod="b"}', '0x179'],
    ],
    // Another one leads.
    lookalike: [
      ['leader_election_master_status{namespace="system",name="dhtcluster",pod="a"}', steps(1, 0)],
      ['leader_election_master_status{namespace="system",name="dhtcluster",pod="b"}', steps(0, 1)],
    ],
    labels: OPERATORS,
    value: '',
  },
  DhtOperatorFailing: {
    series: [
      [
        'controller_runtime_reconcile_errors_total{namespace="system",controller="dhtcluster"}',
        grows(0, 2),
      ],
    ],
    labels: OPERATORS,
    value: '30',
  },
  DhtOperatorWatchStale: {
    series: [['dht_operator_watch_stale_seconds{namespace="system"}', steps(5, 400)]],
    labels: OPERATORS,
    value: '6m 40s',
  },
};
