// The hybrid logical clock (Kulkarni et al. 2014) in one safe integer: wall milliseconds × 1024
// plus a count. It settles ties under lastWriterWins and never causality, so a bad clock loses no
// update.
import { CLOCK_SKEW_MS_MAX } from '../limits.ts';

/**
 * Events of one millisecond; more than these borrow from the next, which the wall clock catches up
 * with.
 */
const EVENTS_PER_MS = 1024;

/** The clock of a new event: above `last`, and not behind the wall clock. */
export function tickClock(last: number, nowMs: number): number {
  return Math.max(last + 1, Math.floor(nowMs) * EVENTS_PER_MS);
}

/**
 * The clock after a peer's was heard: the higher of both, so that the next tick is above either. A
 * remote clock more than CLOCK_SKEW_MS_MAX ahead of the wall clock is not adopted (protocol §4),
 * nor is anything that is no clock at all.
 */
export function mergeClock(last: number, remote: number, nowMs: number): number {
  const isUsable = Number.isSafeInteger(remote) && clockMs(remote) <= nowMs + CLOCK_SKEW_MS_MAX;
  return isUsable && remote > last ? remote : last;
}

/** The wall-clock part, in ms since 1970. */
export function clockMs(clock: number): number {
  return Math.floor(clock / EVENTS_PER_MS);
}
