// One node beside bare `node:http`: what Koa, metrics, contexts and the store cost.
import { startBare } from './bare.ts';
import type { Bench, Figure, Section } from './figures.ts';
import { count, ratio } from './figures.ts';
import { fill, getText, putText, withGenerator, withRing } from './live-section.ts';
import { byTurns } from './load.ts';
import type { LoadResult } from './load.ts';

const KEYS = 1000;
const OUTSTANDING = 48;

async function run({ rounds, seconds, tell }: Bench): Promise<readonly Figure[]> {
  return withRing({ replicas: 1, replicationFactor: 1 }, (ring) =>
    withGenerator(async (generator) => {
      await fill(ring, KEYS, tell);
      const bare = await startBare();
      try {
        const indexes = Array.from({ length: KEYS }, (_, i) => i);
        const [gets, puts] = [indexes.map(getText), indexes.map(putText)];
        const node = ring.nodes()[0]!;
        const toNode = {
          port: node.ports.client,
          server: node.process.pid,
          outstanding: OUTSTANDING,
          seconds,
        };
        const toBare = { ...toNode, port: bare.port, server: bare.pid };
        tell('single node: GET and PUT beside bare node:http');
        const of = await byTurns(
          generator,
          {
            get: { ...toNode, requests: gets },
            bareGet: { ...toBare, requests: gets },
            put: { ...toNode, requests: puts },
            barePut: { ...toBare, requests: puts },
          },
          rounds,
        );
        return [
          ratio('GET of one node, beside bare node:http', of.get.rate / of.bareGet.rate, {
            atLeast: 0.6,
          }),
          { what: '  node', measured: described(of.get) },
          { what: '  bare node:http', measured: described(of.bareGet) },
          {
            what: 'durable PUT of one node, beside bare node:http with a synced append',
            measured: `${(of.put.rate / of.barePut.rate).toFixed(2)} ×`,
          },
          { what: '  node', measured: described(of.put) },
          { what: '  bare node:http', measured: described(of.barePut) },
        ];
      } finally {
        bare.close();
      }
    }),
  );
}

export function described({ rate, p50Ms, p99Ms, failed, busy, costMicros }: LoadResult): string {
  return (
    `${count(rate)}/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms` +
    (Number.isNaN(costMicros) ? '' : `, ${count(costMicros)} µs of processor each`) +
    (failed > 0 ? `, ${count(failed)} FAILED` : '') +
    (busy > 0.9 ? ', generator at its limit' : '')
  );
}

export const singleNode: Section = {
  name: 'single-node',
  title: `One node, ${OUTSTANDING} requests outstanding, values of 100 bytes`,
  run,
};
