// A worker thread of the exhausted small scope: one lane from its first step to its last.
import { parentPort, workerData } from 'node:worker_threads';
import { exhaust, type Lane } from './exhaust.ts';

export interface ExhaustReport {
  readonly lane: Lane;
  readonly cases: number;
  /** One line for each case that broke an invariant. */
  readonly failed: readonly string[];
}

if (parentPort !== null) {
  const { lane, stride } = workerData as { readonly lane: Lane; readonly stride: number };
  const failed: string[] = [];
  const cases = exhaust(lane, stride, ({ step }, { violations }) => {
    const first = violations[0];
    if (first !== undefined)
      failed.push(`step ${step}: ${first.invariant} at ${first.atMs} ms: ${first.message}`);
  });
  parentPort.postMessage({ lane, cases, failed } satisfies ExhaustReport);
}
