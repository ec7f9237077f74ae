// The operator: does anybody look after rings, does the loop keep up, is the API server well.
import type { Board, Row, Variable } from './panel.ts';

/** Of the operator, not of its rings. */
const OPERATORS: Variable = {
  name: 'namespace',
  label: 'Namespace of the operator',
  query: 'label_values(leader_election_master_status{name="dhtcluster"}, namespace)',
};
const AT = 'namespace="$namespace"';
const rate = (series: string): string => `rate(${series}[$__rate_interval])`;
const p99 = (name: string, by: string): string =>
  `histogram_quantile(0.99, sum by (le, ${by}) (${rate(`${name}_bucket{${AT}}`)}))`;

const LEADS: Row = {
  title: 'Does anybody look after rings?',
  panels: [
    {
      title: 'Leaders',
      about: '1. 0 for long: no member joins, leaves or is replaced.',
      kind: 'stat',
      unit: 'short',
      badBelow: 1,
      queries: [
        {
          expr: `sum(leader_election_master_status{${AT},name="dhtcluster"})`,
          legend: 'leaders',
        },
      ],
    },
    {
      title: 'Rings',
      about: 'That the leader has looked at.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: 'count(dht_ring_epoch)', legend: 'rings' }],
    },
    {
      title: 'Rings that are stalled',
      about: 'They do not go on by themselves: dht why.',
      kind: 'stat',
      unit: 'short',
      warnFrom: 1,
      queries: [{ expr: 'sum(dht_ring_condition{condition="Stalled"})', legend: 'stalled' }],
    },
    {
      title: 'Lease renewed',
      about: 'Time since the leader wrote the lease. Above 10 s: it loses it.',
      kind: 'stat',
      unit: 's',
      warnFrom: 10,
      queries: [{ expr: `max(dht_operator_lease_age_seconds{${AT}})`, legend: 'age' }],
    },
    {
      title: 'Watches heard',
      about: 'Time since the quietest watch was heard.',
      kind: 'stat',
      unit: 's',
      warnFrom: 310,
      queries: [{ expr: `max(dht_operator_watch_stale_seconds{${AT}})`, legend: 'age' }],
    },
    {
      title: 'Operators by version',
      about: 'More than one version for long: a rollout hangs.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `count by (version) (dht_operator_info{${AT}})`, legend: '{{version}}' }],
    },
  ],
};

const LOOP: Row = {
  title: 'Does the loop keep up?',
  panels: [
    {
      title: 'Passes',
      about: 'error: see the log.',
      kind: 'graph',
      unit: 'ops',
      queries: [
        {
          expr: `sum by (result) (${rate(`controller_runtime_reconcile_total{${AT}}`)})`,
          legend: '{{result}}',
        },
        {
          expr: `sum(${rate(`controller_runtime_reconcile_errors_total{${AT}}`)})`,
          legend: 'errors in all',
        },
      ],
    },
    {
      title: 'Time of a pass',
      about: '99 of 100 are faster. Rising: nodes or the API server are slow.',
      kind: 'graph',
      unit: 's',
      queries: [
        {
          expr: p99('controller_runtime_reconcile_time_seconds', 'controller'),
          legend: 'p99',
        },
        { expr: p99('workqueue_work_duration_seconds', 'name'), legend: 'p99, in the queue' },
      ],
    },
    {
      title: 'Workers',
      about: 'All busy for long: too few, or something is slow.',
      kind: 'graph',
      unit: 'short',
      queries: [
        { expr: `sum(controller_runtime_active_workers{${AT}})`, legend: 'busy' },
        { expr: `max(controller_runtime_max_concurrent_reconciles{${AT}})`, legend: 'all' },
        { expr: `sum(workqueue_depth{${AT},name="dhtcluster"})`, legend: 'rings that wait' },
      ],
    },
    {
      title: 'Wait for a worker',
      about: '99 of 100 wait less.',
      kind: 'graph',
      unit: 's',
      queries: [{ expr: p99('workqueue_queue_duration_seconds', 'name'), legend: 'p99' }],
    },
    {
      title: 'Looks asked for, passes repeated',
      about: 'Asked for fast: something changes again and again.',
      kind: 'graph',
      unit: 'ops',
      queries: [
        { expr: `sum(${rate(`workqueue_adds_total{${AT}}`)})`, legend: 'asked for' },
        { expr: `sum(${rate(`workqueue_retries_total{${AT}}`)})`, legend: 'repeated' },
      ],
    },
    {
      title: 'Process',
      about: 'Part of a core that it uses.',
      kind: 'graph',
      unit: 'percentunit',
      queries: [{ expr: rate(`process_cpu_seconds_total{${AT}}`), legend: '{{pod}}' }],
    },
    {
      title: 'Memory',
      about: 'Rising without end: a leak.',
      kind: 'graph',
      unit: 'bytes',
      queries: [{ expr: `process_resident_memory_bytes{${AT}}`, legend: '{{pod}}' }],
    },
    {
      title: 'Up since',
      about: 'Back to 0: it restarted.',
      kind: 'graph',
      unit: 's',
      queries: [{ expr: `time() - process_start_time_seconds{${AT}}`, legend: '{{pod}}' }],
    },
  ],
};

const API: Row = {
  title: 'Is the API server well? (Kubernetes alone)',
  panels: [
    {
      title: 'Calls by verb and resource',
      about: 'The list of what it does there.',
      kind: 'stacked',
      unit: 'reqps',
      width: 12,
      queries: [
        {
          expr: `sum by (method, resource) (${rate(`rest_client_requests_total{${AT}}`)})`,
          legend: '{{method}} {{resource}}',
        },
      ],
    },
    {
      title: 'Calls by answer',
      about:
        '409: somebody else wrote, which is fine. 403: rights. 429, 5xx, silent: it is in trouble.',
      kind: 'stacked',
      unit: 'reqps',
      width: 12,
      queries: [
        {
          expr: `sum by (code) (${rate(`rest_client_requests_total{${AT}}`)})`,
          legend: '{{code}}',
        },
      ],
    },
    {
      title: 'Time of a call',
      about: '99 of 100 are faster. Rising: the API server is slow.',
      kind: 'graph',
      unit: 's',
      width: 12,
      queries: [{ expr: p99('rest_client_request_duration_seconds', 'verb'), legend: '{{verb}}' }],
    },
  ],
};

const RINGS: Row = {
  title: 'Rings',
  panels: [
    {
      title: 'Members that lack',
      about: 'Wanted and not ready. Above 0 for long: see that ring.',
      kind: 'graph',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (namespace, cluster) (dht_ring_wanted_members - dht_ring_ready_members)',
          legend: '{{namespace}}/{{cluster}}',
        },
      ],
    },
    {
      title: 'Slots with copies missing',
      about: 'As the operator sees it.',
      kind: 'graph',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (namespace, cluster) (dht_ring_under_replicated_slots)',
          legend: '{{namespace}}/{{cluster}}',
        },
      ],
    },
    {
      title: 'Age of the epoch',
      about: 'Growing while a change is under way: it is stuck.',
      kind: 'graph',
      unit: 's',
      queries: [
        {
          expr: 'max by (namespace, cluster) (dht_ring_epoch_age_seconds)',
          legend: '{{namespace}}/{{cluster}}',
        },
      ],
    },
    {
      title: 'Changes under way',
      about: '1 while slots of that ring change hands.',
      kind: 'graph',
      unit: 'short',
      queries: [
        {
          expr: 'max by (namespace, cluster) (dht_ring_change_running)',
          legend: '{{namespace}}/{{cluster}}',
        },
      ],
    },
    {
      title: 'Longest wait',
      about: 'Of each ring. dht why says for what.',
      kind: 'graph',
      unit: 's',
      queries: [
        {
          expr: 'max by (namespace, cluster) (dht_ring_waiting_seconds)',
          legend: '{{namespace}}/{{cluster}}',
        },
      ],
    },
  ],
};

export const OPERATOR_BOARD: Board = {
  name: 'operator',
  title: 'Operator',
  about: 'Does anybody look after rings, does the loop keep up, is the API server well.',
  variables: [OPERATORS],
  marks: [
    {
      title: 'Another leader',
      expr: `max by (pod) (changes(leader_election_master_status{${AT},name="dhtcluster"}[$__rate_interval])) > 0`,
    },
    {
      title: 'Ring change',
      expr: 'max by (namespace, cluster) (changes(dht_ring_epoch[$__rate_interval])) > 0',
    },
  ],
  rows: [LEADS, RINGS, LOOP, API],
};
