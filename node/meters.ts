// What the driver counts while it works: plain numbers, read by the metrics page when it is asked.
import type { ReplicaEvent } from '../core/replica/effects.ts';

export interface DriverMeters {
  steps: number;
  readonly events: ReadonlyMap<ReplicaEvent['kind'], number>;
  readonly hintsDropped: { age: number; space: number };
  count(event: ReplicaEvent): void;
}

/** Every kind stands on the metrics page from the start, at zero. */
const EVENT_KINDS: readonly ReplicaEvent['kind'][] = [
  'peer-silent',
  'peer-back',
  'split-ring',
  'slots-covered',
  'cleaned-up',
  'data-loss-possible',
  'corrupt-record',
  'hints-dropped',
  'drained',
];

export function newMeters(): DriverMeters {
  const events = new Map<ReplicaEvent['kind'], number>(EVENT_KINDS.map((kind) => [kind, 0]));
  const hintsDropped = { age: 0, space: 0 };
  return {
    steps: 0,
    events,
    hintsDropped,
    count(event) {
      events.set(event.kind, (events.get(event.kind) ?? 0) + 1);
      if (event.kind === 'hints-dropped') hintsDropped[event.why] += event.items;
    },
  };
}
