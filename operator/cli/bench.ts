// `dht bench`: how fast a running ring answers from here. For ratios beside bare `node:http`, and in
// a process apart, see `npm run bench`.
import { Command } from 'commander';
import { DATA_LIMITS } from '../../core/limits.ts';
import { formatCount } from '../words.ts';
import { wholeNumber } from './arguments.ts';
import { quantile, runMany } from './many.ts';
import { patiently } from './patience.ts';
import { keyPath, ringClient } from './ring-client.ts';
import type { RingClient } from './ring-client.ts';
import { clientUrl } from './local-ring.ts';
import type { LocalOptions } from './local-ring.ts';
import { table } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface BenchOptions extends LocalOptions {
  readonly via?: string;
  readonly count: number;
  readonly concurrency: number;
  readonly size: number;
}

interface Measured {
  readonly name: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const PREFIX = 'bench/';

export function benchCommand(terminal: Terminal): Command {
  return new Command('bench')
    .description('write, read and delete keys as fast as the ring takes them')
    .option('--count <n>', 'keys', wholeNumber(1, 1e8), 5000)
    .option('--concurrency <n>', 'requests outstanding', wholeNumber(1, 1024), 32)
    .option('--size <bytes>', 'bytes of each value', wholeNumber(1, DATA_LIMITS.valueBytesMax), 100)
    .option('--via <node>', 'ask this node, by name or URL, instead of the whole ring')
    .addHelpText('after', '\nExample:\n  dht bench --count 20000 --concurrency 48')
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<BenchOptions>();
      const ring = ringClient(await clientUrl(options, options.via), options.concurrency);
      try {
        const results = await bench(terminal, ring, options);
        if (options.output === 'json') terminal.printJson(results);
        else terminal.print(resultTable(results));
      } finally {
        await ring.close();
      }
    });
}

async function bench(
  terminal: Terminal,
  ring: RingClient,
  options: BenchOptions,
): Promise<readonly Measured[]> {
  const body = Buffer.alloc(options.size, 'x');
  const call =
    (method: 'PUT' | 'GET' | 'DELETE') =>
    async (index: number): Promise<void> => {
      const { path, query } = keyPath('/v1/kv', `${PREFIX}${index}`);
      await patiently(() =>
        ring.ask(path, { method, query, ...(method === 'PUT' ? { body } : {}) }),
      );
    };
  const results: Measured[] = [];
  for (const method of ['PUT', 'GET', 'DELETE'] as const) {
    results.push(await measure(terminal, method, options, call(method)));
  }
  return results;
}

async function measure(
  terminal: Terminal,
  name: string,
  { count, concurrency }: BenchOptions,
  work: (index: number) => Promise<void>,
): Promise<Measured> {
  const latencies: number[] = [];
  const startedMs = performance.now();
  const progressed = (done: number): void => {
    if (done % 64 === 0 || done === count)
      terminal.progress(`${name}: ${formatCount(done)} of ${formatCount(count)}`);
  };
  await runMany({ count, concurrency, progressed }, async (index) => {
    const sentMs = performance.now();
    await work(index);
    latencies.push(performance.now() - sentMs);
  });
  const seconds = (performance.now() - startedMs) / 1000;
  terminal.done();
  const sorted = latencies.sort((a, b) => a - b);
  return {
    name,
    perSecond: count / seconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? 0,
  };
}

function resultTable(results: readonly Measured[]): string {
  return table(
    ['REQUEST', 'PER SECOND', 'P50 MS', 'P99 MS', 'MAX MS'],
    results.map((result) => [
      result.name,
      formatCount(result.perSecond),
      ...[result.p50Ms, result.p99Ms, result.maxMs].map((ms) => ms.toFixed(2)),
    ]),
  );
}
