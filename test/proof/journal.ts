// What the clients did: every call as the history checker takes it, and every failure.
import type { Call } from '../sim/checkers/history.ts';
import type { Failure } from './failures.ts';

export class Journal {
  readonly calls: Call[] = [];
  readonly failures: Failure[] = [];
  /** Failures of second tries: what a client that tries once more still sees. */
  readonly givenUp: Failure[] = [];
  readonly #beganMs = performance.now();
  #nextValue = 0;

  /** ms since the journal was opened. */
  now(): number {
    return performance.now() - this.#beganMs;
  }

  /** A text that nobody else writes. */
  nextValue(): string {
    return `v${this.#nextValue++}`;
  }

  begin(part: Pick<Call, 'kind' | 'client' | 'key' | 'value' | 'basedOn' | 'expiresAtMs'>): Call {
    const call: Call = {
      ...part,
      startMs: this.now(),
      endMs: Infinity,
      outcome: 'unknown',
      seen: null,
    };
    this.calls.push(call);
    return call;
  }

  /** Keys that were ever written to, acknowledged or not. */
  writtenKeys(): readonly string[] {
    return [...new Set(this.calls.filter((call) => call.kind === 'write').map((call) => call.key))];
  }
}
