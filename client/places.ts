// Where a request may go: the addresses that the caller gave, and members of the ring; and who of them
// is left alone for a while because it failed.
import { CLIENT_AVOID_MS_MAX, CLIENT_AVOID_MS_MIN } from '../core/limits.ts';

export class Place {
  readonly url: string;
  /** The ring that must answer there; null: an address that the caller gave, whatever ring it is. */
  readonly clusterId: string | null;
  /** Requests under way. */
  inFlight = 0;
  #avoidMs = 0;
  #avoidUntilMs = 0;

  constructor(url: string, clusterId: string | null) {
    this.url = url;
    this.clusterId = clusterId;
  }

  get isMember(): boolean {
    return this.clusterId !== null;
  }

  /** Whether its last word was a good one. */
  get isWell(): boolean {
    return this.#avoidMs === 0;
  }

  /** Whether it is time to see if it is well again. */
  isDue(nowMs: number): boolean {
    return !this.isWell && nowMs >= this.#avoidUntilMs;
  }

  failed(nowMs: number): void {
    this.#avoidMs = Math.min(CLIENT_AVOID_MS_MAX, this.#avoidMs * 2 || CLIENT_AVOID_MS_MIN);
    this.#avoidUntilMs = nowMs + this.#avoidMs;
  }

  /** Somebody has set out to see: nobody else need for a while. */
  looked(nowMs: number): void {
    this.#avoidUntilMs = nowMs + this.#avoidMs;
  }

  answered(): void {
    this.#avoidMs = 0;
  }
}
