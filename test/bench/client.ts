// Six nodes, N=3: an application that goes through ringkeeper/client beside one that sends plain REST
// to the ring's one address, as it would to the Service.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { OperatedRing } from '../live/operated-ring.ts';
import type { Bench, Figure, Section } from './figures.ts';
import { count, ratio } from './figures.ts';
import { fill, keyName, VALUE_BYTES, withRing } from './live-section.ts';
import { median } from './load.ts';
import { processorSeconds } from './processor-time.ts';

const KEYS = 2000;
const OUTSTANDING = 48;

export interface ClientOrder {
  readonly through: 'client' | 'rest';
  readonly url: string;
  readonly outstanding: number;
  readonly seconds: number;
  readonly keys: readonly string[];
  readonly value: string;
  /** Share of the calls that write; the others read. */
  readonly puts: number;
}

export interface ClientResult {
  /** Calls a second. */
  readonly rate: number;
  readonly failed: number;
  /** Share of one core that the application itself took. */
  readonly busy: number;
}

interface Measured extends ClientResult {
  /** µs of processor time for one call, of nodes, operator and application together. */
  readonly costMicros: number;
  readonly handedOver: number;
}

/** Writes that the nodes had to hand over since they started. */
async function handedOver(ring: OperatedRing): Promise<number> {
  const pages = await Promise.all(
    ring.nodes().map(async ({ ports: { admin } }) => {
      const page = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
      return Number(/^dht_node_writes_handed_over_total (\d+)/m.exec(page)?.[1] ?? NaN);
    }),
  );
  return pages.reduce((sum, n) => sum + n, 0);
}

const MIXES = [
  { name: 'GET', puts: 0 },
  { name: 'PUT', puts: 1 },
  { name: 'half GET, half PUT', puts: 0.5 },
] as const;

async function run({ rounds, seconds, tell }: Bench): Promise<readonly Figure[]> {
  return withRing({ replicas: 6, replicationFactor: 3 }, async (ring) => {
    await fill(ring, KEYS, tell);
    const child = fork(fileURLToPath(new URL('client-process.ts', import.meta.url)));
    const order = {
      url: `http://127.0.0.1:${ring.proxyPort}`,
      outstanding: OUTSTANDING,
      seconds,
      keys: Array.from({ length: KEYS }, (_, i) => keyName(i)),
      value: 'x'.repeat(VALUE_BYTES),
    };
    const measure = async (through: ClientOrder['through'], puts: number): Promise<Measured> => {
      const answered = once(child, 'message') as Promise<
        [{ result?: ClientResult; error?: string }]
      >;
      const before = await handedOver(ring);
      const pids = [...ring.nodes().map((node) => node.process.pid), ring.operatorPid, child.pid!];
      const cpuBefore = processorSeconds(pids);
      child.send({ ...order, through, puts } satisfies ClientOrder);
      const [{ result, error }] = await answered;
      if (result === undefined) throw new Error(`the application failed: ${error ?? 'no result'}`);
      if (result.failed > 0) throw new Error(`${result.failed} calls through ${through} failed`);
      const calls = result.rate * seconds;
      const costMicros = ((processorSeconds(pids) - cpuBefore) * 1e6) / calls;
      return { ...result, costMicros, handedOver: (await handedOver(ring)) - before };
    };
    try {
      const figures: Figure[] = [];
      let forwarded = 0;
      for (const { name, puts } of MIXES) {
        tell(`six nodes: ${name} through the client and through REST`);
        const ratios: number[] = [];
        const costs: number[] = [];
        const last: Record<string, Measured> = {};
        // By turns; the first round only warms up.
        for (let round = 0; round <= rounds; round++) {
          const client = (last['client'] = await measure('client', puts));
          const rest = (last['rest'] = await measure('rest', puts));
          forwarded += client.handedOver;
          if (round === 0) continue;
          ratios.push(client.rate / rest.rate);
          costs.push(client.costMicros / rest.costMicros);
        }
        // What the hops cost. Calls a second are the same where nothing else runs on the machine.
        figures.push(
          ratio(`${name}: calls for the same processor time, beside REST`, 1 / median(costs), {
            atLeast: 1.1,
          }),
          { what: '  calls a second, beside REST', measured: `${median(ratios).toFixed(2)} ×` },
          ...(['client', 'rest'] as const).map((through) => described(through, last[through]!)),
        );
      }
      return [
        ...figures,
        {
          what: 'writes of the client that were handed over',
          measured: count(forwarded),
          target: '0',
          isMet: forwarded === 0,
        },
      ];
    } finally {
      child.kill();
    }
  });
}

function described(through: string, { rate, busy, costMicros, handedOver: n }: Measured): Figure {
  const percent = Math.round(busy * 100);
  return {
    what: `  ${through}, last round`,
    measured: `${count(rate)}/s, ${count(costMicros)} µs in all, ${percent} % of a core in the application, ${count(n)} handed over`,
  };
}

export const client: Section = {
  name: 'client',
  title: `Six nodes, N=3, ${OUTSTANDING} calls outstanding: ringkeeper/client beside REST`,
  run,
};
