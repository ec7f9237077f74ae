// How long to wait before the next dial: full jitter (Brooker 2015), so that peers that lost the
// same node at the same moment don't come back at the same moment.
export interface BackoffBounds {
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
}

/**
 * ms to wait after `failures` dials in a row came to nothing: a random part of a ceiling that
 * doubles from the lower bound up to the upper one. `fraction` is drawn from [0, 1).
 */
export function backoffMs(failures: number, fraction: number, bounds: BackoffBounds): number {
  const ceiling = Math.min(bounds.reconnectMsMax, bounds.reconnectMsMin * 2 ** failures);
  return Math.floor(fraction * ceiling);
}
