// What time it is when one clock of the ring is wrong: nothing irreversible hangs on the wall clock of
// a single node (protocol §4). Every frame carries its sender's hybrid clock.
import type { Incarnation } from '../api/ids.ts';
import { TICK_MS } from '../limits.ts';
import { memberOf } from '../membership/document.ts';
import { clockMs, tickClock } from '../version/clock.ts';
import type { Replica } from './state.ts';

/** Remembers what a member's clock shows, and when it was heard. */
export function noteClock(r: Replica, peer: Incarnation, clock: number): void {
  const isMember = r.document !== null && memberOf(r.document, peer) !== undefined;
  if (isMember && Number.isSafeInteger(clock))
    r.peerClocks.set(peer, { ms: clockMs(clock), tick: r.tick });
}

/**
 * What it shows at least: it was heard somewhere between two ticks, so the first one that came after tells
 * of no time. A guess too high by part of a tick would be told to the others, who would add theirs: the
 * clocks of a whole ring would run ahead of the wall, further and further.
 */
function shownNow(r: Replica, { ms, tick }: { ms: number; tick: number }): number {
  return ms + Math.max(0, r.tick - tick - 1) * TICK_MS;
}

/**
 * Once a tick: this node's clock is never behind the median of the ring's, or what it deletes would
 * look older than it is. Of two clocks nobody knows which one is wrong.
 */
export function tickClocks(r: Replica): void {
  const shown = [r.nowMs, ...[...r.peerClocks.values()].map((heard) => shownNow(r, heard))].sort(
    (a, b) => a - b,
  );
  const median = shown.length < 3 ? r.nowMs : shown[(shown.length - 1) >> 1]!;
  r.clock = tickClock(r.clock, Math.max(r.nowMs, median));
}

/** The time that all of these members agree has come (ms); 0: one of them was never heard. */
export function agreedMs(r: Replica, members: readonly Incarnation[]): number {
  let agreed = r.nowMs;
  for (const member of members) {
    if (member === r.incarnation) continue;
    const heard = r.peerClocks.get(member);
    agreed = Math.min(agreed, heard === undefined ? 0 : shownNow(r, heard));
  }
  return agreed;
}
