// What opening a transport takes: the port's events, the bounds that tests tighten, and the log.
import type { Epoch, Incarnation } from '../../core/api/ids.ts';
import * as limits from '../../core/limits.ts';
import type { Hello, TransportEvents, TransportStats } from './transport.ts';

/** Reasons and units stand in core/limits.ts; tests alone set others. */
export interface TransportLimits {
  readonly frameBytesMax: number;
  readonly helloBytesMax: number;
  readonly strangersMax: number;
  readonly unsentBytesMax: number;
  readonly inFlightMax: number;
  readonly handshakeMs: number;
  readonly probeMs: number;
  readonly silentProbesMax: number;
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
}

export const TRANSPORT_LIMITS: TransportLimits = {
  frameBytesMax: limits.FRAME_BYTES_MAX,
  helloBytesMax: limits.HELLO_BYTES_MAX,
  strangersMax: limits.STRANGERS_MAX,
  unsentBytesMax: limits.UNSENT_BYTES_MAX,
  inFlightMax: limits.IN_FLIGHT_MAX,
  handshakeMs: limits.HANDSHAKE_MS,
  probeMs: limits.PROBE_MS,
  silentProbesMax: limits.SILENT_PROBES_MAX,
  reconnectMsMin: limits.RECONNECT_MS_MIN,
  reconnectMsMax: limits.RECONNECT_MS_MAX,
};

/** Worth a log line: changes of state, and strangers (a bounded number of them). */
export type TransportLog =
  | {
      readonly kind: 'connected';
      readonly peer: Incarnation;
      readonly epoch: Epoch;
      readonly dialed: boolean;
    }
  | { readonly kind: 'disconnected'; readonly peer: Incarnation; readonly reason: string }
  /** Said once, until the peer was reached again. */
  | { readonly kind: 'unreachable'; readonly peer: Incarnation; readonly reason: string }
  /** Somebody who did not prove to be a peer was hung up on. */
  | { readonly kind: 'refused'; readonly remote: string; readonly reason: string }
  /** Envelopes to this peer are dropped; said once in a probe period. */
  | { readonly kind: 'dropping'; readonly peer: Incarnation; readonly reason: string };

export interface TcpOptions {
  /** Asked anew at each handshake. Its incarnation never changes. */
  readonly hello: () => Hello;
  /** port 0: any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly secret: string | Uint8Array;
  readonly events: TransportEvents;
  readonly log?: (event: TransportLog) => void;
  readonly limits?: Partial<TransportLimits>;
  /** A number in [0, 1) for the jitter. */
  readonly random?: () => number;
}

/** The port's counters, while they count; the rest is looked up when it is asked for. */
export type Counters = {
  -readonly [
    Name in Exclude<keyof TransportStats, 'connections' | 'unsentBytes' | 'questions'>
  ]: TransportStats[Name];
};

export function newCounters(): Counters {
  return {
    framesIn: 0,
    framesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    connects: 0,
    refusedHellos: 0,
    invalidFrames: 0,
    droppedFrames: 0,
    pressedFrames: 0,
  };
}
