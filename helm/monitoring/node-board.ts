// One member, or several beside one another: rate, errors and duration of what clients ask; use,
// saturation and errors of what it is made of; what it repairs.
import type { Board, Panel, Row, Variable } from './panel.ts';
import { CLUSTER, NAMESPACE } from './ring-board.ts';

const POD: Variable = {
  name: 'pod',
  label: 'Member',
  query: 'label_values(dht_node_serving{namespace="$namespace",cluster="$cluster"}, pod)',
  multiple: true,
};
const PODS = 'namespace="$namespace",cluster="$cluster",pod=~"$pod"';

const now = (name: string, labels = ''): string =>
  `dht_node_${name}{${PODS}${labels === '' ? '' : `,${labels}`}}`;
const rate = (name: string, labels = ''): string => `rate(${now(name, labels)}[$__rate_interval])`;
const byPod = (expr: string, ...labels: readonly string[]): string =>
  `sum by (${['pod', ...labels].join(', ')}) (${expr})`;

/** One line a member for each of these; its name in front where there are several. */
function lines(
  title: string,
  unit: string,
  about: string,
  queries: readonly (readonly [expr: string, legend: string])[],
): Panel {
  return {
    title,
    about,
    kind: 'graph',
    unit,
    queries: queries.map(([expr, legend]) => ({
      expr,
      legend: legend === '' ? '{{pod}}' : `{{pod}} ${legend}`,
    })),
  };
}

const percentile = (name: string, quantile: number): string =>
  `histogram_quantile(${quantile}, sum by (le, pod) (${rate(`${name}_bucket`)}))`;

const REQUESTS: Row = {
  title: 'What clients ask: rate, errors, duration',
  panels: [
    lines('Requests', 'reqps', 'Answered, all verbs.', [[byPod(rate('requests_total')), '']]),
    lines('Errors', 'reqps', 'unavailable: quorums fail. failed: a bug, see its log.', [
      [byPod(rate('requests_total', 'outcome=~"unavailable|failed"'), 'outcome'), '{{outcome}}'],
    ]),
    {
      ...lines('Duration', 's', 'Half and 99 of 100 requests are faster.', [
        [percentile('request_duration_seconds', 0.5), 'p50'],
        [percentile('request_duration_seconds', 0.99), 'p99'],
      ]),
      exemplars: true,
    },
    lines('In flight', 'short', 'Rising while requests do not: it is stuck.', [
      [now('requests_in_flight'), 'requests'],
      [now('operations_pending'), 'without verdict'],
      [now('peer_calls_pending'), 'questions to peers'],
    ]),
    lines('Quorums coordinated here', 'ops', 'short: members are down. timeout: they are slow.', [
      [byPod(rate('quorums_total'), 'operation', 'outcome'), '{{operation}} {{outcome}}'],
    ]),
    lines('Writes handed over', 'ops', 'Rising: clients go through the Service, not to replicas.', [
      [rate('writes_handed_over_total'), ''],
    ]),
    lines(
      'Slots held',
      'short',
      'replicated falls: they move away. unequal, unclean: see Repair.',
      [[byPod(now('slots'), 'state'), '{{state}}']],
    ),
  ],
};

const MACHINE: Row = {
  title: 'What it is made of: use and saturation',
  panels: [
    lines('Processor', 'percentunit', 'Near 100 %: one core is all it can use.', [
      [rate('cpu_seconds_total'), ''],
    ]),
    lines('Event loop', 's', 'How late timers run. Above 0.1 s: it is overloaded.', [
      [now('event_loop_delay_seconds', 'percentile="99"'), 'p99'],
      [now('event_loop_delay_seconds', 'percentile="100"'), 'worst'],
    ]),
    lines('Garbage collection', 'percentunit', 'Part of the time. major high: memory is short.', [
      [byPod(rate('gc_seconds_total'), 'kind'), '{{kind}}'],
    ]),
    lines('Memory', 'bytes', 'Rising without end: a leak. cache: records kept.', [
      [now('resident_memory_bytes'), 'resident'],
      [now('heap_used_bytes'), 'heap'],
      [now('store_cache_bytes'), 'cache'],
    ]),
    lines('Cache hits', 'percentunit', 'Falling: the working set outgrew the cache.', [
      [
        `${rate('store_cache_hits_total')} / (${rate('store_cache_hits_total')} + ${rate('store_cache_misses_total')})`,
        '',
      ],
    ]),
    lines('Steps of the replica', 'ops', 'Faster than requests: repair or handoff runs.', [
      [rate('steps_total'), ''],
    ]),
    lines('Up since, starts', 's', 'Back to 0: it restarted.', [
      [`time() - ${now('start_time_seconds')}`, ''],
    ]),
  ],
};

const DISK: Row = {
  title: 'Disk',
  panels: [
    lines('Room', 'bytes', 'Free falls to the reserve: new values are refused.', [
      [now('store_disk_free_bytes'), 'free'],
      [now('store_disk_reserve_bytes'), 'reserve'],
    ]),
    lines('Used', 'bytes', 'files rising while records do not: compaction lags.', [
      [now('store_disk_bytes'), 'files'],
      [now('store_bytes'), 'records'],
    ]),
    lines('Group commit', 's', 'Each is one sync. Rising: the disk slows.', [
      [percentile('store_commit_duration_seconds', 0.5), 'p50'],
      [percentile('store_commit_duration_seconds', 0.99), 'p99'],
    ]),
    lines('Writes in a group commit', 'short', 'Rising: more load, or a slower disk.', [
      [`${rate('store_commit_writes_sum')} / ${rate('store_commit_writes_count')}`, 'mean'],
    ]),
    lines('Keys', 'short', 'Held, tombstones included.', [[now('store_keys'), '']]),
    lines('Trouble', 'short', 'Anything above 0 wants a look.', [
      [now('store_disk_full'), 'disk full'],
      [now('store_damaged_records'), 'damaged records'],
      [now('slots_to_read_back'), 'slots to read back'],
    ]),
  ],
};

const PEERS: Row = {
  title: 'Peers',
  panels: [
    lines('Peers by state', 'short', 'silent: down or cut off. lost: its volume is gone.', [
      [byPod(now('peers'), 'state'), '{{state}}'],
    ]),
    lines('Bytes', 'Bps', 'Without client load: handoff or repair.', [
      [rate('transport_bytes_in_total'), 'in'],
      [rate('transport_bytes_out_total'), 'out'],
    ]),
    lines('Frames', 'pps', 'Without client load: handoff or repair.', [
      [rate('transport_frames_in_total'), 'in'],
      [rate('transport_frames_out_total'), 'out'],
    ]),
    lines('Back-pressure', 'bytes', 'Waits to be sent: a peer or the network is slow.', [
      [now('transport_unsent_bytes'), ''],
    ]),
    lines('Frames dropped', 'pps', 'away: a peer is down. pressed: one cannot keep up.', [
      [byPod(rate('transport_dropped_frames_total'), 'why'), '{{why}}'],
    ]),
    lines('Connections', 'short', 'Fewer than the others: somebody cannot be reached.', [
      [now('transport_connections'), 'open'],
      [now('transport_questions_in_flight'), 'questions in flight'],
    ]),
    lines(
      'Strangers and flaps',
      'cps',
      'connects: the network flaps. Others: a fault or an attack.',
      [
        [rate('transport_connects_total'), 'connects'],
        [rate('transport_refused_hellos_total'), 'refused'],
        [rate('transport_invalid_frames_total'), 'senseless frames'],
      ],
    ),
    lines('Epoch', 'none', 'Lower than the others: it is cut off.', [[now('epoch'), '']]),
    lines('Serves', 'short', 'serving 0: the document does not name it. draining 1: it stops.', [
      [now('serving'), 'serving'],
      [now('draining'), 'draining'],
    ]),
  ],
};

const REPAIR: Row = {
  title: 'Repair and handoff',
  panels: [
    lines('Hints held', 'short', 'Growing: a member is away.', [[now('hints'), '']]),
    lines('Bytes of hints', 'bytes', 'Near the limit: the oldest are dropped.', [
      [now('hints_bytes'), ''],
    ]),
    lines('Hints a second', 'ops', 'kept: somebody is away. dropped: for too long.', [
      [rate('hints_kept_total'), 'kept'],
      [rate('hints_delivered_total'), 'delivered'],
      [byPod(rate('hints_dropped_total')), 'dropped'],
    ]),
    lines(
      'Anti-entropy',
      'ops',
      'sessions 0: repair stands still. mismatches without writes: it does not heal.',
      [
        [rate('anti_entropy_sessions_total'), 'sessions'],
        [rate('digest_mismatches_total'), 'mismatches'],
        [rate('differing_leaves_total'), 'leaves'],
      ],
    ),
    lines('Anti-entropy, bytes', 'Bps', 'in: this replica missed writes. out: another one did.', [
      [rate('anti_entropy_bytes_in_total'), 'in'],
      [rate('anti_entropy_bytes_out_total'), 'out'],
    ]),
    lines('Repairs and siblings of reads', 'ops', 'Repairs: replicas miss writes.', [
      [rate('read_repairs_total'), 'repairs'],
      [rate('sibling_reads_total'), 'siblings'],
    ]),
    lines('Handoff, keys', 'ops', 'Streams of ring changes.', [
      [byPod(rate('handoff_keys_in_total'), 'peer'), 'in from {{peer}}'],
      [byPod(rate('handoff_keys_out_total'), 'peer'), 'out to {{peer}}'],
    ]),
    lines('Handoff, bytes', 'Bps', 'Streams of ring changes.', [
      [byPod(rate('handoff_bytes_in_total')), 'in'],
      [byPod(rate('handoff_bytes_out_total')), 'out'],
    ]),
    lines(
      'Received by the running change',
      'bytes',
      'Standing still: the source is slow or gone.',
      [[now('handoff_received_bytes'), '']],
    ),
    lines('Received keys', 'short', 'Standing still: the source is slow or gone.', [
      [now('handoff_received_keys'), ''],
    ]),
    lines('Tombstones', 'short', 'watched only growing: a member is away.', [
      [now('tombstones_watched'), 'watched'],
      [`increase(${now('tombstones_collected_total')}[$__range])`, 'collected'],
    ]),
    lines('Events', 'short', 'Within the time that is shown. corrupt-record: the disk goes bad.', [
      [byPod(`increase(${now('events_total')}[$__range])`, 'event'), '{{event}}'],
    ]),
  ],
};

export const NODE_BOARD: Board = {
  name: 'node',
  title: 'Node',
  about: 'One member, or several: rate, errors, duration; use and saturation; repair.',
  variables: [NAMESPACE, CLUSTER, POD],
  marks: [
    {
      title: 'Ring change',
      expr: `max by (pod) (changes(${now('epoch')}[$__rate_interval])) > 0`,
    },
    {
      title: 'Restart',
      expr: `max by (pod) (changes(${now('start_time_seconds')}[$__rate_interval])) > 0`,
    },
  ],
  rows: [REQUESTS, MACHINE, DISK, PEERS, REPAIR],
};
