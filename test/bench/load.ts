// Orders to the load generator, and how two things are compared: by turns, so that whatever else
// the machine does hits both alike.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface LoadOrder {
  readonly port: number;
  readonly outstanding: number;
  readonly seconds: number;
  /** Sent in turn, as they go over the wire (latin1). */
  readonly requests: readonly string[];
  /** The process that serves, to tell what a request costs it. */
  readonly server?: number;
}

export interface LoadResult {
  /** Answers a second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers of status 400 and above. */
  readonly failed: number;
  /** Share of one core that the generator itself took: near 1 it was the bottleneck. */
  readonly busy: number;
  /** µs of the server's processor time for one answer, whoever else is busy; NaN: not known. */
  readonly costMicros: number;
}

export class LoadGenerator {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL('load-process.ts', import.meta.url)));

  async run(order: LoadOrder): Promise<LoadResult> {
    const answered = once(this.#child, 'message') as Promise<
      [{ result?: LoadResult; error?: string }]
    >;
    this.#child.send(order);
    const [{ result, error }] = await answered;
    if (result === undefined) throw new Error(`the load generator failed: ${error ?? 'no result'}`);
    return result;
  }

  close(): void {
    this.#child.kill();
  }
}

/** Medians of each order over some rounds, run by turns. */
export async function byTurns<K extends string>(
  generator: LoadGenerator,
  orders: Readonly<Record<K, LoadOrder>>,
  rounds: number,
): Promise<Record<K, LoadResult>> {
  const results = await roundsByTurns(generator, orders, rounds);
  const names = Object.keys(orders) as K[];
  const medians = names.map((name) => [name, medianOf(results[name])] as const);
  return Object.fromEntries(medians) as Record<K, LoadResult>;
}

/**
 * What each order gave, round by round; a first round only warms up. Each round begins with another
 * one: none is always the one that follows a store which still compacts what it was written.
 */
export async function roundsByTurns<K extends string>(
  generator: LoadGenerator,
  orders: Readonly<Record<K, LoadOrder>>,
  rounds: number,
): Promise<Record<K, LoadResult[]>> {
  const names = Object.keys(orders) as K[];
  const results = names.map((): LoadResult[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const which = (turn + round) % names.length;
      const result = await generator.run(orders[names[which]!]);
      if (round > 0) results[which]!.push(result);
    }
  }
  const named = names.map((name, i) => [name, results[i]!] as const);
  return Object.fromEntries(named) as Record<K, LoadResult[]>;
}

/** Some nodes beside others, all of them in each round: the median of rounds, which a slow one does not move. */
export function pairwise(
  own: readonly (readonly LoadResult[])[],
  others: readonly (readonly LoadResult[])[],
  field: 'rate' | 'costMicros',
): number {
  const mean = (nodes: typeof own, round: number): number =>
    nodes.reduce((sum, results) => sum + results[round]![field], 0) / nodes.length;
  return median(own[0]!.map((_result, round) => mean(own, round) / mean(others, round)));
}

export function medianOf(results: readonly LoadResult[]): LoadResult {
  const of = (field: keyof LoadResult): number => median(results.map((result) => result[field]));
  return {
    rate: of('rate'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    failed: of('failed'),
    busy: of('busy'),
    costMicros: of('costMicros'),
  };
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}
