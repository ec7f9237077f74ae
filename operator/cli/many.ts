// Many calls with a bounded number outstanding, told as they go: fill, verify and bench stand on it.

export interface ManyOptions {
  readonly count: number;
  readonly concurrency: number;
  /** Called after each one with how many are done. */
  readonly progressed: (done: number) => void;
}

/** Runs `work(0 … count − 1)`; the first failure ends all and is thrown. */
export async function runMany(
  options: ManyOptions,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (next < options.count) {
      const index = next;
      next += 1;
      await work(index).catch((error: unknown) => {
        next = options.count;
        throw error;
      });
      done += 1;
      options.progressed(done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, options.count) }, worker));
}

/** The value below which the fraction of the (sorted, ascending) numbers lie. */
export function quantile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
}
