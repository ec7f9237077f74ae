// Version vectors: which write attempts of a key were seen. Decides what descends from what; values
// never matter here. Actors ascend, so that two vectors are walked side by side without a lookup.
import type { Actor, Dot, Vector } from '../api/object.ts';

/** Nothing was seen. */
export const EMPTY_VECTOR: Vector = Object.freeze({
  actors: Object.freeze([]),
  counters: Object.freeze([]),
});

/** Highest counter of the actor that was seen; 0: none. */
export function counterOf(vector: Vector, actor: Actor): number {
  const at = vector.actors.indexOf(actor);
  return at < 0 ? 0 : vector.counters[at]!;
}

/**
 * The write attempt was seen. An actor's dots of one key are seen in order, so the highest says it.
 */
export function coversDot(vector: Vector, dot: Dot): boolean {
  return counterOf(vector, dot.actor) >= dot.counter;
}

/** Everything that `b` saw, `a` saw too: `a` equals `b` or descends from it. */
export function covers(a: Vector, b: Vector): boolean {
  if (a === b) return true;
  const { actors, counters } = a;
  if (actors.length < b.actors.length) return false;
  let at = 0;
  for (let i = 0; i < b.actors.length; i++) {
    const actor = b.actors[i]!;
    while (at < actors.length && actors[at] !== actor) at++;
    if (at === actors.length || counters[at]! < b.counters[i]!) return false;
  }
  return true;
}

/** Both saw exactly the same. */
export function sameVector(a: Vector, b: Vector): boolean {
  return a === b || (a.actors.length === b.actors.length && covers(a, b) && covers(b, a));
}

/** What either saw. An argument itself (===) where the result equals it; `a` where both do. */
export function joinVectors(a: Vector, b: Vector): Vector {
  if (covers(a, b)) return a;
  if (covers(b, a)) return b;
  const actors: Actor[] = [];
  const counters: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.actors.length || j < b.actors.length) {
    const left = a.actors[i];
    const right = b.actors[j];
    if (right === undefined || (left !== undefined && left < right)) {
      actors.push(left!);
      counters.push(a.counters[i++]!);
    } else if (left === undefined || right < left) {
      actors.push(right);
      counters.push(b.counters[j++]!);
    } else {
      actors.push(left);
      counters.push(Math.max(a.counters[i++]!, b.counters[j++]!));
    }
  }
  return { actors, counters };
}

/** The vector with this write attempt seen as well; itself (===) where it already was. */
export function withDot(vector: Vector, dot: Dot): Vector {
  if (coversDot(vector, dot)) return vector;
  const actors = vector.actors.slice();
  const counters = vector.counters.slice();
  let at = 0;
  while (at < actors.length && actors[at]! < dot.actor) at++;
  if (actors[at] === dot.actor) {
    counters[at] = dot.counter;
  } else {
    actors.splice(at, 0, dot.actor);
    counters.splice(at, 0, dot.counter);
  }
  return { actors, counters };
}

/** Order of siblings: by actor, then counter. Negative: `a` first; 0: the same write attempt. */
export function compareDots(a: Dot, b: Dot): number {
  if (a.actor !== b.actor) return a.actor < b.actor ? -1 : 1;
  return a.counter - b.counter;
}
