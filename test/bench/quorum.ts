// Three nodes, N=3 and R=W=2, synced: quorum reads and writes at 1, 6 and 48 outstanding, beside
// bare `node:http` under the same load.
import { startBare } from './bare.ts';
import type { Bench, Figure, Section } from './figures.ts';
import { fill, getText, putText, withGenerator, withRing } from './live-section.ts';
import { byTurns } from './load.ts';
import { described } from './single-node.ts';

const KEYS = 1000;
const OUTSTANDING = [1, 6, 48] as const;

async function run({ rounds, seconds, tell }: Bench): Promise<readonly Figure[]> {
  return withRing({ replicas: 3, replicationFactor: 3 }, (ring) =>
    withGenerator(async (generator) => {
      await fill(ring, KEYS, tell);
      const bare = await startBare();
      const figures: Figure[] = [];
      try {
        const indexes = Array.from({ length: KEYS }, (_, i) => i);
        const [gets, puts] = [indexes.map(getText), indexes.map(putText)];
        const port = ring.nodes()[0]!.ports.client;
        for (const outstanding of OUTSTANDING) {
          tell(`three nodes: ${outstanding} outstanding`);
          const order = (to: number, requests: readonly string[]) => ({
            port: to,
            outstanding,
            seconds,
            requests,
          });
          const of = await byTurns(
            generator,
            {
              get: order(port, gets),
              bareGet: order(bare.port, gets),
              put: order(port, puts),
              barePut: order(bare.port, puts),
            },
            rounds,
          );
          const beside = (own: number, other: number): string =>
            `${(own / other).toFixed(2)} × bare: `;
          figures.push(
            {
              what: `quorum GET, ${outstanding} outstanding`,
              measured: beside(of.get.rate, of.bareGet.rate) + described(of.get),
            },
            {
              what: `quorum PUT, ${outstanding} outstanding`,
              measured: beside(of.put.rate, of.barePut.rate) + described(of.put),
            },
          );
        }
      } finally {
        bare.close();
      }
      return figures;
    }),
  );
}

export const quorum: Section = {
  name: 'quorum',
  title: 'Three nodes, N=3, R=W=2, synced, values of 100 bytes',
  run,
};
