// When one peer is dialed: at once when it becomes a peer, and after a growing, jittered wait each
// time that came to nothing or the connection broke.
import { backoffMs, type BackoffBounds } from './backoff.ts';
import type { Connection } from './connection.ts';
import type { PeerAddress } from './transport.ts';

export interface DialerOptions {
  readonly dial: (peer: PeerAddress) => Connection;
  readonly bounds: BackoffBounds;
  readonly random: () => number;
}

export class Dialer {
  peer: PeerAddress;
  /** Said in the log since it was last reached. */
  reported = false;
  readonly #options: DialerOptions;
  #dialing: Connection | null = null;
  #timer: NodeJS.Timeout | null = null;
  #failures = 0;

  constructor(peer: PeerAddress, options: DialerOptions) {
    this.peer = peer;
    this.#options = options;
  }

  /** Dials now, unless a dial is under way. */
  dial(): void {
    this.#cancelTimer();
    this.#dialing ??= this.#options.dial(this.peer);
  }

  /** Dials after a wait, unless a dial or a wait is under way. */
  dialLater(): void {
    if (this.#dialing !== null || this.#timer !== null) return;
    const { random, bounds } = this.#options;
    this.#timer = setTimeout(() => this.dial(), backoffMs(this.#failures, random(), bounds));
    this.#failures++;
  }

  /** The dialed connection is open, or came to nothing. */
  dialed(connection: Connection): void {
    if (this.#dialing === connection) this.#dialing = null;
  }

  /** There is a connection, whoever dialed it. */
  connected(): void {
    this.#cancelTimer();
    this.reported = false;
  }

  /** The connection has held for a while: the next wait is short again. */
  settled(): void {
    this.#failures = 0;
  }

  /** Where it will be dialed from now on; a wait for another address is over. */
  moved(peer: PeerAddress): void {
    const same = peer.address === this.peer.address;
    this.peer = peer;
    if (same || this.#timer === null) return;
    this.#failures = 0;
    this.dial();
  }

  /** Dials no more; returns the connection that was being dialed. */
  stop(): Connection | null {
    this.#cancelTimer();
    return this.#dialing;
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
