// Which ordinals of the StatefulSet should run. It knows only how many; a pod in the middle that is not
// wanted is *held*: it waits at its scheduling gate without a host, a process or data of its own.
import { MEMBERS_ANNOTATION } from './names.ts';
import type { StatefulSet } from './shapes.ts';

export interface Members {
  /** What spec.replicas should be, unless the ring is asleep. */
  readonly replicas: number;
  /** Ordinals below it that must not start, ascending. */
  readonly held: readonly number[];
  /** Hibernation: no pod at all; the numbers above are what it wakes up to. */
  readonly asleep: boolean;
}

export const NO_MEMBERS: Members = { replicas: 0, held: [], asleep: false };

/** This ordinal should run; others that come to be on the way are held. */
export function withStarted(members: Members, ordinal: number): Members {
  const held = new Set(members.held);
  for (let below = members.replicas; below < ordinal; below++) held.add(below);
  held.delete(ordinal);
  return { ...members, ...tidied(Math.max(members.replicas, ordinal + 1), held) };
}

/** This ordinal should not run any more. */
export function withHeld(members: Members, ordinal: number): Members {
  if (ordinal >= members.replicas) return members;
  return { ...members, ...tidied(members.replicas, new Set([...members.held, ordinal])) };
}

export function shouldRun({ replicas, held, asleep }: Members, ordinal: number): boolean {
  return !asleep && ordinal < replicas && !held.includes(ordinal);
}

/** What spec.replicas is to be. */
export function podsOf({ replicas, asleep }: Members): number {
  return asleep ? 0 : replicas;
}

export function sameMembers(a: Members, b: Members): boolean {
  return textOf(a) === textOf(b);
}

export function membersAnnotation(members: Members): Record<string, string> {
  return { [MEMBERS_ANNOTATION]: textOf(members) };
}

/**
 * What was last written down, whatever spec.replicas says now. Without a word, an existing StatefulSet
 * is taken as it is: nothing is ever scaled down for want of a note.
 */
export function membersOf(statefulSet: StatefulSet | null): Members {
  if (statefulSet === null) return NO_MEMBERS;
  const asItIs = { ...NO_MEMBERS, replicas: statefulSet.spec.replicas };
  const text = statefulSet.metadata.annotations?.[MEMBERS_ANNOTATION];
  if (text === undefined) return asItIs;
  try {
    const { replicas, held, asleep } = JSON.parse(text) as Partial<Members>;
    if (!isCount(replicas) || !Array.isArray(held) || !held.every(isCount)) return asItIs;
    return { ...tidied(replicas, new Set(held)), asleep: asleep === true };
  } catch {
    return asItIs;
  }
}

/** Held ones at the end need no pod. */
function tidied(replicas: number, held: ReadonlySet<number>): Pick<Members, 'replicas' | 'held'> {
  let end = replicas;
  while (end > 0 && held.has(end - 1)) end -= 1;
  return { replicas: end, held: [...held].filter((each) => each < end).sort((a, b) => a - b) };
}

function textOf({ replicas, held, asleep }: Members): string {
  return JSON.stringify({ replicas, held, asleep });
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
