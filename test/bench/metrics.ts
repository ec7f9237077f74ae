// What it costs to be watched: a node that counts and is scraped, beside one that does neither.
import type { OperatedRing, RingWish } from '../live/operated-ring.ts';
import type { Bench, Figure, Section } from './figures.ts';
import { ratio } from './figures.ts';
import { fill, getText, putText, withGenerator, withRing } from './live-section.ts';
import { medianOf, pairwise, roundsByTurns } from './load.ts';
import type { LoadGenerator } from './load.ts';
import { described } from './single-node.ts';

const KEYS = 1000;
const OUTSTANDING = 48;
/** ms; fifteen times as often as Prometheus does it: once in each turn. */
const SCRAPE_MS = 1000;
const TURN_SECONDS = 1;
const ROUNDS_EACH = 2;
/** Of each kind: what the compiler makes of the same code differs by more than what is looked for. */
const NODES_EACH = 3;
const ONE = { replicas: 1, replicationFactor: 1 };
const UNWATCHED = { ...ONE, environment: { RINGKEEPER_METRICS: 'false' } };

/** By turns: watched, not watched, watched … */
const WISHES = Array.from({ length: NODES_EACH }, () => [ONE, UNWATCHED]).flat();
const isWatched = (nth: number): boolean => nth % 2 === 0;

async function run({ rounds, tell }: Bench): Promise<readonly Figure[]> {
  return withRings(WISHES, (rings) =>
    withGenerator(async (generator) => {
      for (const ring of rings) await fill(ring, KEYS, tell);
      const watched = rings.filter((_ring, i) => isWatched(i));
      const scrapers = watched.map((ring) => scrape(ring.nodes()[0]!.ports.admin));
      tell('metrics: GET and PUT with and without');
      const indexes = Array.from({ length: KEYS }, (_, i) => i);
      const load = { rings, generator, rounds: rounds * ROUNDS_EACH };
      try {
        return [
          ...(await beside('GET', indexes.map(getText), load)),
          ...(await beside('durable PUT', indexes.map(putText), load)),
        ];
      } finally {
        scrapers.forEach(clearInterval);
      }
    }),
  );
}

async function withRings<T>(
  [wish, ...others]: readonly RingWish[],
  use: (rings: readonly OperatedRing[]) => Promise<T>,
): Promise<T> {
  if (wish === undefined) return use([]);
  return withRing(wish, (ring) => withRings(others, (rings) => use([ring, ...rings])));
}

interface Load {
  readonly rings: readonly OperatedRing[];
  readonly generator: LoadGenerator;
  readonly rounds: number;
}

/** Reads and writes apart: a store that compacts what was written slows whoever is next. */
async function beside(
  what: string,
  requests: readonly string[],
  { rings, generator, rounds }: Load,
): Promise<readonly Figure[]> {
  const orders = rings.map((ring, i) => {
    const { ports, process } = ring.nodes()[0]!;
    const order = { port: ports.client, server: process.pid, outstanding: OUTSTANDING };
    return [`${i}`, { ...order, seconds: TURN_SECONDS, requests }] as const;
  });
  const results = await roundsByTurns(generator, Object.fromEntries(orders), rounds);
  const nodes = rings.map((_ring, i) => results[`${i}`]!);
  const watched = nodes.filter((_node, i) => isWatched(i));
  const unwatched = nodes.filter((_node, i) => !isWatched(i));
  const [first, ...equals] = unwatched;
  const apart = equals.map((node) => `${pairwise([node], [first!], 'costMicros').toFixed(2)} ×`);
  // By processor time: whoever else is busy on the machine moves answers a second by far more than 5 %.
  return [
    ratio(
      `${what}s a second of processor with metrics, beside without`,
      1 / pairwise(watched, unwatched, 'costMicros'),
      { atLeast: 0.95 },
    ),
    {
      what: '  answers a second',
      measured: `${pairwise(watched, unwatched, 'rate').toFixed(2)} ×`,
    },
    { what: '  with', measured: described(medianOf(watched.flat())) },
    { what: '  without', measured: described(medianOf(unwatched.flat())) },
    {
      what: '  other nodes without, beside the first of them',
      measured: `processor time ${apart.join(', ')}`,
    },
  ];
}

/** As OpenMetrics, which costs the most. */
function scrape(port: number): NodeJS.Timeout {
  const headers = { Accept: 'application/openmetrics-text;version=1.0.0' };
  return setInterval(() => {
    void fetch(`http://127.0.0.1:${port}/metrics`, { headers }).then((answer) => answer.text());
  }, SCRAPE_MS);
}

export const metrics: Section = {
  name: 'metrics',
  title: `One node that is scraped each second, ${OUTSTANDING} requests outstanding`,
  run,
};
