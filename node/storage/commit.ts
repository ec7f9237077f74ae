// Group commit: all that is submitted while one batch is being written and synced goes into the next
// one, so the cost of a sync is shared by everybody who waits for one.
import { setImmediate as turn } from 'node:timers/promises';
import { RingError } from '../../core/errors.ts';
import { distribution, powersOfTwo, SECONDS_BOUNDS } from '../distribution.ts';
import type { Distribution } from '../distribution.ts';

export interface Submission<T> {
  readonly writes: readonly T[];
  readonly durable: () => void;
}

/** Submissions of one batch: bounds its memory, and how long its neighbours wait. */
const BATCH_SUBMISSIONS_MAX = 4096;
/** Writes of one batch; a submission has a few. */
export const SIZE_BOUNDS = powersOfTwo(0, 13);

export class GroupCommit<T> {
  readonly durations: Distribution = distribution(SECONDS_BOUNDS);
  readonly sizes: Distribution = distribution(SIZE_BOUNDS);
  private queue: Submission<T>[] = [];
  private running: Promise<void> | null = null;
  private failure: RingError | null = null;
  private readonly write: (batch: readonly Submission<T>[]) => Promise<void>;
  private readonly failed: (error: RingError) => void;

  /**
   * `write` makes a batch durable, in order and atomically. Once it rejects, `failed` is called and
   * nothing is written or acknowledged any more (R13: a failed sync ends the process).
   */
  constructor(
    write: (batch: readonly Submission<T>[]) => Promise<void>,
    failed: (error: RingError) => void,
  ) {
    this.write = write;
    this.failed = failed;
  }

  submit(submission: Submission<T>): void {
    this.queue.push(submission);
    this.running ??= this.run();
  }

  /** Resolves when all that was submitted so far is durable; rejects once writing has failed. */
  async settled(): Promise<void> {
    if (this.failure !== null) throw this.failure;
    if (this.running === null) return;
    const reached = new Promise<void>((resolve) => {
      this.queue.push({ writes: [], durable: resolve });
    });
    // The loop never rejects; it ends with an empty queue or with a failure.
    await Promise.race([reached, this.running]);
    // Assigned by the loop meanwhile; the compiler's narrowing above cannot know.
    const failure = this.failure as RingError | null;
    if (failure !== null) throw failure;
  }

  /** Ends all writing, as a failed batch does. */
  fail(failure: RingError): void {
    if (this.failure !== null) return;
    this.failure = failure;
    this.queue = [];
    this.failed(failure);
  }

  private async run(): Promise<void> {
    // All that comes in during this turn of the event loop shares the first sync.
    await turn();
    while (this.queue.length > 0 && this.failure === null) await this.commit();
    this.running = null;
  }

  private async commit(): Promise<void> {
    const batch = this.queue.splice(0, BATCH_SUBMISSIONS_MAX);
    const began = performance.now();
    try {
      // Who only waits needs no sync of his own: the last one covers him.
      if (batch.some(({ writes }) => writes.length > 0)) await this.write(batch);
    } catch (cause) {
      const { message } = cause as Error;
      this.fail(
        new RingError('STORE_FAILED', `writing to the store failed: ${message}`, { cause }),
      );
    }
    if (this.failure !== null) return;
    this.durations.observe((performance.now() - began) / 1000);
    this.sizes.observe(batch.reduce((sum, { writes }) => sum + writes.length, 0));
    for (const { durable } of batch) acknowledge(durable);
  }
}

/** A callback that throws is a bug of its owner: it must crash, not pass for a failed disk. */
function acknowledge(durable: () => void): void {
  try {
    durable();
  } catch (bug) {
    queueMicrotask(() => {
      throw bug;
    });
  }
}
