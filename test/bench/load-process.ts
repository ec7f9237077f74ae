// The load generator, in a process of its own: keeps requests outstanding for some seconds and
// tells how many were answered, how fast, and how busy it was itself.
import { Connection } from '../live/connection.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import { processorSeconds } from './processor-time.ts';

async function run(order: LoadOrder): Promise<LoadResult> {
  const requests = order.requests.map((text) => Buffer.from(text, 'latin1'));
  const latencies: number[] = [];
  let failed = 0;
  let next = 0;
  const connections = Array.from({ length: order.outstanding }, () => new Connection(order.port));
  const cpu = process.cpuUsage();
  const serverBefore = processorSeconds([order.server ?? 0]);
  const began = performance.now();
  const end = began + order.seconds * 1000;
  await Promise.all(
    connections.map(async (connection) => {
      for (let now = performance.now(); now < end;) {
        const answer = await connection.ask(requests[next++ % requests.length]!);
        const answered = performance.now();
        if (answer.status >= 400) failed++;
        latencies.push(answered - now);
        now = answered;
      }
      connection.close();
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const quantile = (q: number): number => latencies[Math.floor(q * (latencies.length - 1))] ?? 0;
  return {
    rate: latencies.length / seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    failed,
    busy: (user + system) / 1e6 / seconds,
    costMicros: ((processorSeconds([order.server ?? 0]) - serverBefore) * 1e6) / latencies.length,
  };
}

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
