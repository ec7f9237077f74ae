// The first thing that a person looks at: is data safe, what is the ring doing, how long will it take.
import { errorRatio, slowRatio } from './budgets.ts';
import type { Board, Row, Variable } from './panel.ts';

export const NAMESPACE: Variable = {
  name: 'namespace',
  label: 'Namespace',
  query: 'label_values(dht_node_serving, namespace)',
};
export const CLUSTER: Variable = {
  name: 'cluster',
  label: 'Cluster',
  query: 'label_values(dht_node_serving{namespace="$namespace"}, cluster)',
};
const RING = 'namespace="$namespace",cluster="$cluster"';
/** What most nodes see; one that is cut off sees all others gone. */
const most = (series: string): string => `quantile(0.5, ${series})`;
const slots = (state: string): string => most(`dht_node_ring_slots{${RING},state="${state}"}`);
/** An expression of the alerts, of this ring alone. */
const ofThis = (expr: string): string =>
  expr.replace(
    /(dht_node_requests_total|dht_node_request_duration_seconds_\w+)(\{)?/g,
    (_, name, open) => (open === undefined ? `${name}{${RING}}` : `${name}{${RING},`),
  );

const SAFE: Row = {
  title: 'Is data safe?',
  panels: [
    {
      title: 'Slots without a live copy',
      about: 'Above 0: their keys can neither be read nor written.',
      kind: 'stat',
      unit: 'short',
      badFrom: 1,
      queries: [{ expr: slots('without_live_copy'), legend: 'slots' }],
    },
    {
      title: 'Slots below the write quorum',
      about: 'Above 0: writes of their keys are refused.',
      kind: 'stat',
      unit: 'short',
      badFrom: 1,
      queries: [{ expr: slots('below_write_quorum'), legend: 'slots' }],
    },
    {
      title: 'Slots with copies missing',
      about: 'Above 0 for long: a member is down, or the ring is smaller than replicationFactor.',
      kind: 'stat',
      unit: 'short',
      warnFrom: 1,
      queries: [{ expr: slots('under_replicated'), legend: 'slots' }],
    },
    {
      title: 'Members down',
      about: 'Silent or lost, as most members see it.',
      kind: 'stat',
      unit: 'short',
      warnFrom: 1,
      queries: [
        {
          expr: most(`sum without (state) (dht_node_peers{${RING},state=~"silent|lost"})`),
          legend: 'members',
        },
      ],
    },
    {
      title: 'Split ring',
      about: '1: two documents of one epoch were met. Call a person.',
      kind: 'stat',
      unit: 'short',
      badFrom: 1,
      queries: [{ expr: `max(dht_node_split_ring{${RING}})`, legend: 'split' }],
    },
    {
      title: 'Hints',
      about: 'Writes kept for absent members. Growing: somebody is away.',
      kind: 'stat',
      unit: 'short',
      warnFrom: 1,
      queries: [{ expr: `sum(dht_node_hints{${RING}})`, legend: 'hints' }],
    },
    {
      title: 'Slots by live copies',
      about: 'Of all slots of the ring, as most nodes see it.',
      kind: 'graph',
      unit: 'short',
      queries: [
        { expr: slots('under_replicated'), legend: 'fewer than N' },
        { expr: slots('below_write_quorum'), legend: 'fewer than W' },
        { expr: slots('below_read_quorum'), legend: 'fewer than R' },
        { expr: slots('without_live_copy'), legend: 'none' },
      ],
    },
    {
      title: 'Copies that differ, records that are damaged',
      about: 'unequal for long: anti-entropy does not heal. damaged: a disk goes bad.',
      kind: 'graph',
      unit: 'short',
      queries: [
        { expr: `sum(dht_node_slots{${RING},state="unequal"})`, legend: 'unequal slots' },
        { expr: `sum(dht_node_store_damaged_records{${RING}})`, legend: 'damaged records' },
      ],
    },
    {
      title: 'Hints by age',
      about: 'The oldest hint beside the age at which hints are dropped.',
      kind: 'graph',
      unit: 's',
      queries: [
        { expr: `max(dht_node_hints_oldest_age_seconds{${RING}})`, legend: 'oldest' },
        { expr: `max(dht_node_hints_age_limit_seconds{${RING}})`, legend: 'dropped at' },
      ],
    },
  ],
};

const DOING: Row = {
  title: 'What is it doing?',
  panels: [
    {
      title: 'Epoch',
      about: 'Number of the ring document; rises with each step of a change.',
      kind: 'stat',
      unit: 'none',
      queries: [{ expr: `max(dht_node_epoch{${RING}})`, legend: 'epoch' }],
    },
    {
      title: 'Epoch since',
      about: 'Time since that epoch was stored.',
      kind: 'stat',
      unit: 's',
      queries: [
        { expr: `time() - max(dht_node_epoch_start_time_seconds{${RING}})`, legend: 'age' },
      ],
    },
    {
      title: 'Change under way',
      about: '1 while slots change hands.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `max(dht_ring_change_running{${RING}})`, legend: 'changes' }],
    },
    {
      title: 'Progress',
      about: 'Part of the change that is done; 100 %: none is under way.',
      kind: 'stat',
      unit: 'percentunit',
      queries: [{ expr: `min(dht_ring_change_progress_ratio{${RING}})`, legend: 'done' }],
    },
    {
      title: 'Time left',
      about: 'At the speed so far. Empty: not known yet.',
      kind: 'stat',
      unit: 's',
      queries: [{ expr: `max(dht_ring_change_eta_seconds{${RING}})`, legend: 'eta' }],
    },
    {
      title: 'Members ready of those wanted',
      about: 'Below 100 %: some are still coming, or down.',
      kind: 'stat',
      unit: 'percentunit',
      badBelow: 0.5,
      queries: [
        {
          expr: `sum(dht_ring_ready_members{${RING}}) / sum(dht_ring_wanted_members{${RING}})`,
          legend: 'ready',
        },
      ],
    },
    {
      title: 'Members by state',
      about: 'joining or leaving for long: a change is stuck. lost: a volume is gone.',
      kind: 'stacked',
      unit: 'short',
      queries: [{ expr: `sum by (state) (dht_ring_members{${RING}})`, legend: '{{state}}' }],
    },
    {
      title: 'Slots on the move',
      about: 'moving falls to 0 by the end of a change; covered climbs to needed before.',
      kind: 'graph',
      unit: 'short',
      queries: [
        { expr: `max(dht_ring_moving_slots{${RING}})`, legend: 'moving' },
        {
          expr: `sum by (progress) (dht_node_gained_slots{${RING}})`,
          legend: '{{progress}}',
        },
        { expr: `sum(dht_node_slots{${RING},state="unclean"})`, legend: 'to be cleaned up' },
      ],
    },
    {
      title: 'Handoff',
      about: 'Bytes a second that members take in. Standing still during a change: it is stuck.',
      kind: 'stacked',
      unit: 'Bps',
      queries: [
        {
          expr: `sum by (pod) (rate(dht_node_handoff_bytes_in_total{${RING}}[$__rate_interval]))`,
          legend: '{{pod}}',
        },
      ],
    },
    {
      title: 'Keys of the change',
      about: 'done of total; total is what the members last told.',
      kind: 'graph',
      unit: 'short',
      queries: [
        { expr: `sum by (progress) (dht_ring_change_keys{${RING}})`, legend: '{{progress}}' },
      ],
    },
    {
      title: 'Bytes of the change',
      about: 'done of total; total is what the members last told.',
      kind: 'graph',
      unit: 'bytes',
      queries: [
        { expr: `sum by (progress) (dht_ring_change_bytes{${RING}})`, legend: '{{progress}}' },
      ],
    },
    {
      title: 'What waits, and for how long',
      about: 'By reason; each has an entry in the runbooks. dht why says what would unblock it.',
      kind: 'graph',
      unit: 's',
      queries: [
        { expr: `max by (reason) (dht_ring_waiting_seconds{${RING}})`, legend: '{{reason}}' },
      ],
    },
    {
      title: 'Conditions',
      about: 'Bright: True. Ready, RingConverged and ReplicationSatisfied should be, Stalled not.',
      kind: 'rows',
      unit: 'short',
      queries: [
        { expr: `max by (condition) (dht_ring_condition{${RING}})`, legend: '{{condition}}' },
      ],
    },
    {
      title: 'Phase',
      about: 'Bright: in force. Anything but stable for long: the change is stuck.',
      kind: 'rows',
      unit: 'short',
      queries: [{ expr: `max by (phase) (dht_ring_phase{${RING}})`, legend: '{{phase}}' }],
    },
    {
      title: 'Scale-ins held up',
      about: 'How often each reason began to hold one up, within the time that is shown.',
      kind: 'graph',
      unit: 'short',
      queries: [
        {
          expr: `sum by (reason) (increase(dht_ring_refusals_total{${RING}}[$__range]))`,
          legend: '{{reason}}',
        },
      ],
    },
  ],
};

const held = `max by (pod) (dht_node_slots{${RING},state="replicated"})`;
const BALANCE: Row = {
  title: 'Balance',
  panels: [
    {
      title: 'Slots of each member, beside the mean',
      about: 'One row a member: 100 % is its even share. A bright row holds too much.',
      kind: 'rows',
      unit: 'percentunit',
      width: 12,
      queries: [{ expr: `${held} / scalar(avg(${held}))`, legend: '{{pod}}' }],
    },
    {
      title: 'Keys of each member',
      about: 'Tombstones included.',
      kind: 'graph',
      unit: 'short',
      queries: [{ expr: `max by (pod) (dht_node_store_keys{${RING}})`, legend: '{{pod}}' }],
    },
    {
      title: 'Busiest over mean',
      about: 'Replicated slots of the busiest member over the mean.',
      kind: 'stat',
      unit: 'percentunit',
      warnFrom: 1.2,
      queries: [{ expr: `max(dht_ring_balance_ratio{${RING}})`, legend: 'balance' }],
    },
    {
      title: 'Keys of the ring',
      about: 'Each counted once.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `max(dht_ring_keys{${RING}})`, legend: 'keys' }],
    },
  ],
};

const CLIENTS: Row = {
  title: 'What do clients get?',
  panels: [
    {
      title: 'Requests',
      about: 'By verb, all members together.',
      kind: 'stacked',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (verb) (rate(dht_node_requests_total{${RING}}[$__rate_interval]))`,
          legend: '{{verb}}',
        },
      ],
    },
    {
      title: 'Requests without a verdict, and slow ones',
      about: 'The budgets: 0.1 % and 1 % over a month.',
      kind: 'graph',
      unit: 'percentunit',
      queries: [
        { expr: ofThis(errorRatio('$__rate_interval')), legend: 'no verdict' },
        { expr: ofThis(slowRatio('$__rate_interval')), legend: 'longer than 62.5 ms' },
      ],
    },
    {
      title: 'Latency',
      about: 'Half and 99 of 100 requests are faster. Points lead to single requests.',
      kind: 'graph',
      unit: 's',
      exemplars: true,
      queries: ['0.5', '0.99'].map((quantile) => ({
        expr: `histogram_quantile(${quantile}, sum by (le, verb) (rate(dht_node_request_duration_seconds_bucket{${RING},verb=~"get|put|delete"}[$__rate_interval])))`,
        legend: `{{verb}} p${Number(quantile) * 100}`,
      })),
    },
    {
      title: 'Quorums',
      about: 'short: members are down. timeout: they are slow. stale-epoch: the ring changes.',
      kind: 'stacked',
      unit: 'ops',
      queries: [
        {
          expr: `sum by (operation, outcome) (rate(dht_node_quorums_total{${RING}}[$__rate_interval]))`,
          legend: '{{operation}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Outcomes',
      about: 'unavailable: quorums fail. failed: a bug. refused: what clients do wrong.',
      kind: 'stacked',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (outcome) (rate(dht_node_requests_total{${RING}}[$__rate_interval]))`,
          legend: '{{outcome}}',
        },
      ],
    },
    {
      title: 'Sibling reads and read repairs',
      about:
        'Siblings: clients write without the context they read. Repairs: a replica misses writes.',
      kind: 'graph',
      unit: 'ops',
      queries: [
        {
          expr: `sum(rate(dht_node_sibling_reads_total{${RING}}[$__rate_interval]))`,
          legend: 'siblings',
        },
        {
          expr: `sum(rate(dht_node_read_repairs_total{${RING}}[$__rate_interval]))`,
          legend: 'read repairs',
        },
      ],
    },
  ],
};

export const RING_BOARD: Board = {
  name: 'ring',
  title: 'Ring',
  about: 'Is data safe, what is the ring doing, how long will it take.',
  variables: [NAMESPACE, CLUSTER],
  marks: [
    {
      title: 'Ring change',
      expr: `max by (cluster) (changes(dht_node_epoch{${RING}}[$__rate_interval])) > 0`,
    },
  ],
  rows: [SAFE, DOING, BALANCE, CLIENTS],
};
