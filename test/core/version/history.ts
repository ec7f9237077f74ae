// Histories of one key as replicas really make them: actors write contiguous counters on top of what
// they hold, clients send back contexts that they read, replicas merge. Beside each object stands a
// naive twin that knows explicit sets of dots.
import type { Dot, Sibling, Vector, VersionedObject } from '../../../core/api/object.ts';
import { mergeObjects, writeObject } from '../../../core/version/siblings.ts';
import { counterOf, EMPTY_VECTOR } from '../../../core/version/vector.ts';
import { fc } from '../../properties.ts';

export const REPLICAS = 4;

export type Step =
  /** `seen` null: no context; else the context as it was `seen` steps ago at the replica `reader`. */
  | {
      kind: 'write';
      at: number;
      reader: number;
      seen: number | null;
      tombstone: boolean;
      time: number;
    }
  | { kind: 'merge'; at: number; from: number }
  /** The process starts again without a clean-stop mark: its next dots are of a new actor (R13). */
  | { kind: 'restart'; at: number };

export interface Twin {
  readonly seen: ReadonlySet<string>;
  readonly held: ReadonlySet<string>;
}

export interface Moment {
  readonly objects: readonly (VersionedObject | null)[];
  readonly twins: readonly Twin[];
}

export interface History {
  readonly moments: readonly Moment[];
  /** All write attempts, and those that a later write had seen or replaced. */
  readonly written: ReadonlySet<string>;
  readonly replaced: ReadonlySet<string>;
}

const replica = fc.nat({ max: REPLICAS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      at: replica,
      reader: replica,
      seen: fc.option(fc.nat({ max: 6 })),
      tombstone: fc.boolean(),
      time: fc.nat({ max: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('merge' as const), at: replica, from: replica }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), at: replica }) },
);

export const histories: fc.Arbitrary<History> = fc.array(step, { maxLength: 40 }).map(play);

/** All objects that ever stood at a replica, in order. */
export function objectsOf(history: History): VersionedObject[] {
  return history.moments.flatMap((moment) => moment.objects.filter((object) => object !== null));
}

/** Freezes the value and all in it; bytes cannot be frozen and stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (
    value !== null &&
    typeof value === 'object' &&
    !ArrayBuffer.isView(value) &&
    !Object.isFrozen(value)
  ) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

export const spell = (dot: Dot): string => `${dot.actor}:${String(dot.counter)}`;

export function dotsOf(vector: Vector): Set<string> {
  return new Set(
    vector.actors.flatMap((actor, i) =>
      Array.from({ length: vector.counters[i]! }, (_, n) => spell({ actor, counter: n + 1 })),
    ),
  );
}

export function siblingOf(dot: Dot, facts: Partial<Sibling> = {}): Sibling {
  const value = new TextEncoder().encode(`value of ${spell(dot)}`);
  return { dot, value, contentType: 'text/plain', time: 0, expiresAtMs: 0, ...facts };
}

interface World {
  objects: (VersionedObject | null)[];
  twins: Twin[];
  terms: number[];
}

function play(steps: readonly Step[]): History {
  const world: World = {
    objects: Array.from({ length: REPLICAS }, () => null),
    twins: Array.from({ length: REPLICAS }, () => ({
      seen: new Set<string>(),
      held: new Set<string>(),
    })),
    terms: Array.from({ length: REPLICAS }, () => 1),
  };
  const moments: Moment[] = [];
  const written = new Set<string>();
  const replaced = new Set<string>();
  for (const each of steps) {
    if (each.kind === 'restart') world.terms[each.at]!++;
    else if (each.kind === 'merge') merge(world, each.at, each.from);
    else write(world, each, { moments, written, replaced });
    moments.push({ objects: [...world.objects], twins: [...world.twins] });
  }
  return { moments, written, replaced };
}

function merge(world: World, at: number, from: number): void {
  const other = world.objects[from];
  if (other === null || other === undefined) return;
  world.objects[at] = deepFreeze(mergeObjects(world.objects[at] ?? null, other));
  world.twins[at] = mergeTwins(world.twins[at]!, world.twins[from]!);
}

/** A value stays if both hold it, or if the side that lacks it never saw it. */
export function mergeTwins(a: Twin, b: Twin): Twin {
  return {
    seen: new Set([...a.seen, ...b.seen]),
    held: new Set([
      ...[...a.held].filter((dot) => b.held.has(dot) || !b.seen.has(dot)),
      ...[...b.held].filter((dot) => a.held.has(dot) || !a.seen.has(dot)),
    ]),
  };
}

function write(
  world: World,
  step: Step & { kind: 'write' },
  record: { moments: Moment[]; written: Set<string>; replaced: Set<string> },
): void {
  const own = world.objects[step.at] ?? null;
  const twin = world.twins[step.at]!;
  const actor = `${'abcd'[step.at]!}.${String(world.terms[step.at])}`;
  const dot = { actor, counter: counterOf(own?.context ?? EMPTY_VECTOR, actor) + 1 };
  const seen = contextRead(record.moments, step);
  const facts = { time: step.time * 1024, ...(step.tombstone ? { value: null } : {}) };
  world.objects[step.at] = deepFreeze(writeObject(own, seen, deepFreeze(siblingOf(dot, facts))));
  const gone = seen === null ? twin.held : dotsOf(seen);
  world.twins[step.at] = {
    seen: new Set([...twin.seen, ...gone, spell(dot)]),
    held: new Set([...[...twin.held].filter((each) => !gone.has(each)), spell(dot)]),
  };
  record.written.add(spell(dot));
  gone.forEach((each) => record.replaced.add(each));
}

function contextRead(moments: readonly Moment[], step: Step & { kind: 'write' }): Vector | null {
  if (step.seen === null) return null;
  const moment = moments[moments.length - 1 - step.seen];
  return moment?.objects[step.reader]?.context ?? EMPTY_VECTOR;
}
