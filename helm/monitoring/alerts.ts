// All alerts, in the order in which a person wants to know them. Those on the safety of data use the
// nodes' own metrics alone, so that they still see when the operator is down; DhtRingSilent is for when
// no node is left to tell.
import { WATCH_STALE_MS } from '../../core/limits.ts';
import { RING } from './alert.ts';
import type { AlertGroup } from './alert.ts';
import { BUDGETS } from './budgets.ts';

const BY = 'by (namespace, cluster)';
const BY_POD = 'by (namespace, cluster, pod)';
const POD = `{{ $labels.pod }} of ${RING}`;

/**
 * What most nodes see. One node that is cut off sees all others gone: that is its own trouble, which
 * they see as well.
 */
const mostSee = (series: string): string => `quantile ${BY} (0.5, ${series})`;

const DATA_LOSS = 'dht_node_events_total{event="data-loss-possible"}';

/** Members that Prometheus does not reach are named: those are where to begin. */
const UNSCRAPED =
  '{{ range printf "up{namespace=%q,cluster=%q} == 0" $labels.namespace $labels.cluster' +
  ' | query | sortByLabel "pod" }}' +
  ' {{ .Labels.pod }} does not answer Prometheus either.{{ end }}';

const DATA: AlertGroup = {
  name: 'ringkeeper-data',
  alerts: [
    {
      name: 'DhtRingSilent',
      severity: 'critical',
      expr: `
max ${BY} (dht_ring_epoch) > 0
  and max ${BY} (dht_ring_ready_members) == 0
  unless max ${BY} (dht_node_serving) > 0
  unless max ${BY} (dht_ring_condition{condition="Hibernated"}) > 0
`,
      for: '1m',
      summary: `No member of ${RING} answers`,
      description: `Neither the operator nor Prometheus has heard any member of the ring ${RING} for a minute: nothing can be read or written. What was acknowledged is on the members' volumes.${UNSCRAPED}`,
    },
    {
      name: 'DhtSlotsWithoutLiveCopy',
      severity: 'critical',
      expr: `${mostSee('dht_node_ring_slots{state="without_live_copy"}')} > 0`,
      for: '1m',
      summary: `Keys of ${RING} cannot be read at all`,
      description: `{{ $value | humanize }} slots of the ring ${RING} have no live copy: their keys can neither be read nor written until a member that holds them is back.`,
    },
    {
      name: 'DhtSlotsBelowWriteQuorum',
      severity: 'critical',
      expr: `${mostSee('dht_node_ring_slots{state="below_write_quorum"}')} > 0`,
      for: '1m',
      summary: `Writes to some keys of ${RING} are refused`,
      description: `{{ $value | humanize }} slots of the ring ${RING} have fewer live copies than a write needs: writes of their keys get 503. What was acknowledged is still there; one more loss may leave slots without a quorum of copies.`,
    },
    {
      name: 'DhtSlotsUnderReplicated',
      severity: 'warning',
      expr: `${mostSee('dht_node_ring_slots{state="under_replicated"}')} > 0`,
      for: '10m',
      summary: `Copies of ${RING} are missing`,
      description: `{{ $value | humanize }} slots of the ring ${RING} have fewer live copies than replicationFactor for 10 minutes. Reads and writes go on; one more loss may stop them.`,
    },
    {
      name: 'DhtDataLossPossible',
      severity: 'critical',
      // A replacement may say so before it was scraped at all: `increase` sees no step then.
      expr: `
sum ${BY} (increase(${DATA_LOSS}[1h])) > 0
  or sum ${BY} (${DATA_LOSS} unless ${DATA_LOSS} offset 1h) > 0
`,
      summary: `Acknowledged writes of ${RING} may be lost`,
      description: `So many copies of some slots of the ring ${RING} were lost at a time that an acknowledged write may have been on them alone. The ring goes on with what is left; the log names the slots.`,
    },
    {
      name: 'DhtSplitRing',
      severity: 'critical',
      expr: `max ${BY} (dht_node_split_ring) > 0`,
      summary: `The ring ${RING} is split`,
      description: `Nodes of the ring ${RING} met two ring documents of one epoch. They refuse one another and nobody changes the ring until a person has decided which document holds.`,
    },
    {
      name: 'DhtDigestMismatchNotHealing',
      severity: 'warning',
      expr: `max ${BY_POD} (dht_node_slots{state="unequal"}) > 0`,
      for: '30m',
      summary: `Copies of ${RING} differ and do not heal`,
      description: `{{ $value | humanize }} slots of ${POD} have differed from a co-replica's for 30 minutes although anti-entropy compares them. Quorum reads still return what was acknowledged; the number of equal copies is lower than it should be.`,
    },
    {
      name: 'DhtDamagedRecords',
      severity: 'warning',
      expr: `max ${BY_POD} (dht_node_store_damaged_records) > 0`,
      for: '30m',
      summary: `Records of ${POD} are damaged`,
      description: `{{ $value | humanize }} records of ${POD} failed their checksum and could not be healed from the other copies for 30 minutes. Its disk may go bad.`,
    },
    {
      name: 'DhtHintsGrowing',
      severity: 'warning',
      expr: `
sum ${BY} (dht_node_hints) > 0
  and sum ${BY} (deriv(dht_node_hints[10m])) > 0
`,
      for: '15m',
      summary: `Writes wait for an absent member of ${RING}`,
      description: `{{ $value | humanize }} writes are kept as hints in the ring ${RING}, and more come: a member is away or too slow to take them. Nothing is lost; it has to catch up.`,
    },
    {
      name: 'DhtHintsExpireSoon',
      severity: 'warning',
      expr: `
max ${BY} (dht_node_hints_oldest_age_seconds)
  > 0.75 * max ${BY} (dht_node_hints_age_limit_seconds)
`,
      for: '5m',
      summary: `Hints of ${RING} are dropped soon`,
      description: `The oldest hint of the ring ${RING} is {{ $value | humanizeDuration }} old, three quarters of the age at which hints are dropped. From then on anti-entropy has to bring the absent member what it missed, which takes longer.`,
    },
  ],
};

const CHANGES: AlertGroup = {
  name: 'ringkeeper-changes',
  alerts: [
    {
      name: 'DhtRingChangeStuck',
      severity: 'warning',
      expr: `
max ${BY} (dht_node_phase{phase=~"write-both|read-new"}) > 0
  unless sum ${BY} (increase(dht_node_handoff_bytes_in_total[15m])) > 0
  unless max ${BY} (changes(dht_node_epoch[15m])) > 0
`,
      for: '15m',
      summary: `A change of ${RING} does not go on`,
      description: `The ring ${RING} has been changing, and for half an hour neither bytes were handed off nor did an epoch begin. Data is safe, reads and writes go on under both rings; the change waits for something.`,
    },
    {
      name: 'DhtScaleInBlocked',
      severity: 'warning',
      expr: `max ${BY} (dht_ring_condition{condition="ScaleInBlocked"}) > 0`,
      for: '15m',
      summary: `The ring ${RING} refuses to shrink`,
      description: `Fewer members are asked for in ${RING}, and it has been refused for 15 minutes because a copy would be lost. The condition ScaleInBlocked says why and what would unblock it; raising replicas again always does.`,
    },
    {
      name: 'DhtRingStalled',
      severity: 'warning',
      expr: `max ${BY} (dht_ring_condition{condition="Stalled"}) > 0`,
      for: '15m',
      summary: `The ring ${RING} does not go on by itself`,
      description: `The ring ${RING} has been stalled for 15 minutes: what is asked for cannot be done as things are. The condition Stalled says why and what would unblock it.`,
    },
    {
      name: 'DhtNodeBehind',
      severity: 'warning',
      expr: `
max ${BY} (dht_node_epoch)
  - on (namespace, cluster) group_right
  max ${BY_POD} (dht_node_epoch and on (namespace, cluster, pod) (dht_node_serving == 1)) > 0
`,
      for: '10m',
      summary: `${POD} has an old ring document`,
      description: `${POD} has been {{ $value | humanize }} epochs behind for 10 minutes: it reaches neither the operator nor the other members. Changes go on where its copies can be done without; none is cleaned up before it has the newest document.`,
    },
  ],
};

const NODES: AlertGroup = {
  name: 'ringkeeper-nodes',
  alerts: [
    {
      name: 'DhtNodeDown',
      severity: 'warning',
      expr: `
${mostSee('sum without (state) (dht_node_peers{state=~"silent|lost"})')} > 0
`,
      for: '5m',
      summary: `A member of ${RING} is down`,
      description: `{{ $value | humanize }} members of the ring ${RING} have been silent or lost for 5 minutes. Writes for them are kept as hints; their slots have one live copy less.${UNSCRAPED}`,
    },
    {
      name: 'DhtDiskFull',
      severity: 'critical',
      expr: `max ${BY_POD} (dht_node_store_disk_full) > 0`,
      for: '1m',
      summary: `The disk of ${POD} is full`,
      description: `${POD} refuses new values to keep room for deletes and handoff: writes that need it get 507. Nothing that was acknowledged is lost.`,
    },
    {
      name: 'DhtDiskFilling',
      severity: 'warning',
      expr: `
predict_linear(dht_node_store_disk_free_bytes[6h], 86400)
  < on (namespace, cluster, pod) dht_node_store_disk_reserve_bytes
  and on (namespace, cluster, pod) dht_node_store_disk_free_bytes offset 1h
`,
      for: '30m',
      summary: `The disk of ${POD} is full within a day`,
      description: `At the pace of the last six hours, ${POD} reaches its reserve within a day and refuses new values from then on.`,
    },
    {
      name: 'DhtDiskTooSmallForNextMove',
      severity: 'warning',
      expr: `
clamp_min(max ${BY_POD} (dht_node_store_disk_free_bytes - dht_node_store_disk_reserve_bytes), 0)
  < max ${BY_POD} (dht_node_store_disk_bytes)
    / clamp_min(max ${BY_POD} (dht_node_members{state="serving"}) - 1, 1)
`,
      for: '30m',
      summary: `The disk of ${POD} has no room for the next move`,
      description: `Should a member of ${RING} leave or be lost, {{ $labels.pod }} gets its part of what that one held and has only {{ $value | humanize1024 }}B left for it: the move would be refused, or fill the disk.`,
    },
    {
      name: 'DhtNodeOverloaded',
      severity: 'warning',
      expr: `max ${BY_POD} (dht_node_event_loop_delay_seconds{percentile="99"}) > 0.1`,
      for: '10m',
      summary: `${POD} is overloaded`,
      description: `Timers of ${POD} have been late by {{ $value | humanizeDuration }} for 10 minutes: it has more to do than one core can. Peers may take it for silent.`,
    },
    {
      name: 'DhtStrangersRefused',
      severity: 'warning',
      expr: `sum ${BY} (rate(dht_node_transport_refused_hellos_total[10m])) > 0`,
      for: '30m',
      summary: `Strangers knock at the peer ports of ${RING}`,
      description: `Handshakes with nodes of the ring ${RING} have been refused for 30 minutes, {{ $value | humanize }} a second: a node with another secret, another ring's node at an old address, or somebody who should not be there.`,
    },
  ],
};

const OPERATOR: AlertGroup = {
  name: 'ringkeeper-operator',
  alerts: [
    {
      name: 'DhtOperatorDown',
      severity: 'warning',
      expr: `
count ${BY} (dht_node_serving) > 0
  unless on (namespace, cluster) dht_ring_epoch
`,
      for: '10m',
      summary: `Nobody operates the ring ${RING}`,
      description: `No operator has told of the ring ${RING} for 10 minutes: none runs, none leads, or it must not look at that namespace. Reads, writes, hints and repair go on; no member joins, leaves or is replaced.`,
    },
    {
      name: 'DhtOperatorNotLeading',
      severity: 'warning',
      expr: `sum by (namespace) (leader_election_master_status{name="dhtcluster"}) == 0`,
      for: '10m',
      summary: `No operator in {{ $labels.namespace }} leads`,
      description: `Operators run in {{ $labels.namespace }}, but none has held the lease for 10 minutes: the rings of every cluster that they look after go on as they are, and no member joins, leaves or is replaced.`,
    },
    {
      name: 'DhtOperatorFailing',
      severity: 'warning',
      expr: `sum by (namespace) (increase(controller_runtime_reconcile_errors_total{controller="dhtcluster"}[15m])) > 5`,
      for: '15m',
      summary: `The operator in {{ $labels.namespace }} fails again and again`,
      description: `{{ $value | humanize }} passes of the operator in {{ $labels.namespace }} failed within 15 minutes. Its log names the cluster of each and why.`,
    },
    {
      name: 'DhtOperatorWatchStale',
      severity: 'warning',
      expr: `max by (namespace) (dht_operator_watch_stale_seconds) > ${WATCH_STALE_MS / 2000}`,
      for: '5m',
      summary: `The operator in {{ $labels.namespace }} hears nothing of the API server`,
      description: `A watch of the operator in {{ $labels.namespace }} has been silent for {{ $value | humanizeDuration }}: it may act late on what happens to the clusters it looks after. It is restarted when that goes on.`,
    },
  ],
};

export const ALERTS: readonly AlertGroup[] = [DATA, CHANGES, NODES, BUDGETS, OPERATOR];
