// Timers on a clock that only a test moves.
import type { Timers } from '../../../operator/kubernetes/timers.ts';

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export class VirtualTime implements Timers {
  #nowMs = 0;
  #order = 0;
  readonly #due = new Set<Due>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): () => void {
    const due = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run };
    this.#due.add(due);
    return () => {
      this.#due.delete(due);
    };
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#due.size;
  }

  /** Lets everything run that is due up to then, in order, and all that follows from it. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(untilMs); next !== null; next = this.#next(untilMs)) {
      this.#due.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Due | null {
    let first: Due | null = null;
    for (const due of this.#due) {
      if (due.atMs > untilMs) continue;
      if (
        first === null ||
        due.atMs < first.atMs ||
        (due.atMs === first.atMs && due.order < first.order)
      )
        first = due;
    }
    return first;
  }
}

/** Until all promises that can go on have gone on: each round of the event loop empties their queue. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
}
