// dht_ring_*: each ring in figures, as of the operator's last look at it.
import type { Family, Metrics, Row } from './metrics.ts';
import { WAIT_REASONS } from './planner/actions.ts';
import type { WaitReason } from './planner/actions.ts';
import { MEMBER_STATES } from './ring-figures.ts';
import type { RingFigures } from './ring-figures.ts';

export interface RingAt {
  readonly namespace: string;
  readonly name: string;
}

export interface RingMetrics {
  /** null: the ring is gone, and so are its figures. */
  see(at: RingAt, figures: RingFigures | null): void;
  /** Another operator looks after them from now on. */
  forget(): void;
}

/** A ring as it was seen, and what only history knows. */
interface Watched {
  readonly at: RingAt;
  readonly figures: RingFigures;
  /** How often each reason began to hold a scale-in up. */
  readonly refusals: ReadonlyMap<WaitReason, number>;
}

/** `nowMs`: wall clock, ms since 1970. */
export function ringMetrics(metrics: Metrics, nowMs: () => number): RingMetrics {
  const rings = new Map<string, Watched>();
  for (const { read, ...family } of FAMILIES) {
    metrics.family({ ...family, labels: ['namespace', 'cluster', ...family.labels] }, function* () {
      for (const ring of rings.values()) {
        const { namespace, name } = ring.at;
        for (const [labels, value] of read(ring, nowMs()))
          yield [[namespace, name, ...labels], value];
      }
    });
  }
  return {
    see: (at, figures) => {
      const key = `${at.namespace}/${at.name}`;
      if (figures === null) rings.delete(key);
      else rings.set(key, watched(at, figures, rings.get(key)));
    },
    forget: () => {
      rings.clear();
    },
  };
}

function watched(at: RingAt, figures: RingFigures, before: Watched | undefined): Watched {
  const refusals = new Map(before?.refusals);
  const refusedBefore = new Set(before === undefined ? [] : refusing(before.figures));
  for (const reason of refusing(figures))
    if (!refusedBefore.has(reason)) refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  return { at, figures, refusals };
}

/** What holds a scale-in up. */
function refusing(figures: RingFigures): ReadonlySet<WaitReason> {
  const waits = holds(figures, 'ScaleInBlocked') ? figures.waits : [];
  return new Set(waits.map(({ reason }) => reason));
}

function holds({ conditions }: RingFigures, type: string): boolean {
  return conditions.some((each) => each.type === type && each.status === 'True');
}

interface RingFamily extends Family {
  readonly read: (ring: Watched, nowMs: number) => readonly Row[];
}

/** One number per ring. */
const one = (
  name: string,
  help: string,
  value: (figures: RingFigures, nowMs: number) => number,
): RingFamily => ({
  kind: 'gauge',
  name: `dht_ring_${name}`,
  help,
  labels: [],
  read: ({ figures }, nowMs) => [[[], value(figures, nowMs)]],
});

/** One number per ring and value of one label. */
const some = (
  family: Omit<RingFamily, 'labels' | 'read'> & { readonly label: string },
  rows: (ring: Watched, nowMs: number) => Iterable<readonly [string, number]>,
): RingFamily => ({
  kind: family.kind,
  name: `dht_ring_${family.name}`,
  help: family.help,
  labels: [family.label],
  read: (ring, nowMs) => Array.from(rows(ring, nowMs), ([label, value]): Row => [[label], value]),
});

const PHASES = ['stable', 'write-both', 'read-new'] as const;

const DOCUMENT: readonly RingFamily[] = [
  one(
    'epoch',
    'Epoch of the stored ring document; 0: none. Rising: the ring changes.',
    ({ epoch }) => epoch,
  ),
  one(
    'epoch_age_seconds',
    'Time since that epoch was stored. Rising in another phase than stable: the change is stuck.',
    ({ epochSinceMs }, nowMs) =>
      epochSinceMs === null ? 0 : Math.max(0, nowMs - epochSinceMs) / 1000,
  ),
  some(
    {
      kind: 'gauge',
      name: 'phase',
      label: 'phase',
      help: '1 for the phase of the stored document. write-both or read-new for long: it is stuck.',
    },
    ({ figures }) => PHASES.map((phase) => [phase, Number(figures.phase === phase)]),
  ),
  some(
    {
      kind: 'gauge',
      name: 'members',
      label: 'state',
      help: 'Members by state. joining or leaving for long: a change is stuck; lost: a volume is gone.',
    },
    ({ figures }) => MEMBER_STATES.map((state) => [state, figures.members[state]]),
  ),
  one(
    'ready_members',
    'Members that take requests. Fewer than wanted_members for long: one is down.',
    ({ ready }) => ready,
  ),
  one(
    'wanted_members',
    'Members that there should be. Rising: a scale-out.',
    ({ wanted }) => wanted,
  ),
];

const SLOTS: readonly RingFamily[] = [
  one(
    'under_replicated_slots',
    'Slots with fewer live copies than replicationFactor. Above 0: a member is down or lost.',
    ({ underReplicated }) => underReplicated,
  ),
  one(
    'moving_slots',
    'Slots that change hands or are not cleaned up yet. Not falling: the change is stuck.',
    ({ moving }) => moving,
  ),
  one(
    'balance_ratio',
    'Replicated slots of the busiest member over the mean; 1 is even. Rising: one holds too much.',
    ({ balance }) => balance,
  ),
  one('keys', 'Keys of the ring, each counted once. Rising: data grows.', ({ keys }) => keys),
];

const CHANGE: readonly RingFamily[] = [
  one(
    'change_running',
    '1 while a ring change is under way. For long: it is stuck.',
    ({ operation }) => Number(operation !== null),
  ),
  one(
    'change_progress_ratio',
    'Part of the running change that is done, 0 to 1; 1: none is under way. Standing still: stuck.',
    ({ operation }) =>
      operation === null || operation.slotsTotal === 0
        ? 1
        : operation.slotsDone / operation.slotsTotal,
  ),
  one(
    'change_eta_seconds',
    'Time that the running change still takes at its speed so far; 0: none, NaN: not known yet. Rising: it slows.',
    ({ operation }) =>
      operation === null ? 0 : operation.etaMs === null ? NaN : operation.etaMs / 1000,
  ),
  amounts('keys', (operation) => [operation.keysDone, operation.keysTotal]),
  amounts('bytes', (operation) => [operation.bytesDone, operation.bytesTotal]),
];

function amounts(
  unit: string,
  of: (operation: NonNullable<RingFigures['operation']>) => readonly [number, number],
): RingFamily {
  const help = `${unit === 'keys' ? 'Keys' : 'Bytes'} of the running change: done, and in total. done standing still: stuck.`;
  return some(
    { kind: 'gauge', name: `change_${unit}`, label: 'progress', help },
    ({ figures: { operation } }) => {
      const [done, total] = operation === null ? [0, 0] : of(operation);
      return [
        ['done', done],
        ['total', total],
      ];
    },
  );
}

const WAITING: readonly RingFamily[] = [
  some(
    {
      kind: 'gauge',
      name: 'waiting_seconds',
      label: 'reason',
      help: 'How long something has waited, by reason; 0: nothing waits for it. Rising: see docs/runbooks.',
    },
    ({ figures }, nowMs) =>
      WAIT_REASONS.map((reason) => {
        const since = figures.waits.filter((wait) => wait.reason === reason);
        // What has just begun to wait shows too.
        const ages = since.map(({ sinceMs }) => Math.max(0.001, (nowMs - sinceMs) / 1000));
        return [reason, Math.max(0, ...ages)];
      }),
  ),
  some(
    {
      kind: 'counter',
      name: 'refusals_total',
      label: 'reason',
      help: 'Times that a scale-in was held up, by reason. Rising: see docs/runbooks.',
    },
    ({ refusals }) => WAIT_REASONS.map((reason) => [reason, refusals.get(reason) ?? 0]),
  ),
  some(
    {
      kind: 'gauge',
      name: 'condition',
      label: 'condition',
      help: '1 where this condition of the status is True. Stalled: it does not go on by itself.',
    },
    ({ figures }) =>
      figures.conditions.map(({ type, status }) => [type, Number(status === 'True')]),
  ),
];

const FAMILIES: readonly RingFamily[] = [...DOCUMENT, ...SLOTS, ...CHANGE, ...WAITING];
