// Six nodes, N=3: a GET of a key that the asked node does not hold beside one that it holds.
import { keyOf, slotOf } from '../../core/ring/hash.ts';
import { readSet } from '../../core/membership/document.ts';
import type { Bench, Figure, Section } from './figures.ts';
import { ratio } from './figures.ts';
import { documentAt, fill, getText, keyName, withGenerator, withRing } from './live-section.ts';
import { byTurns } from './load.ts';
import { described } from './single-node.ts';

const KEYS = 2000;
const OUTSTANDING = 48;

async function run({ rounds, seconds, tell }: Bench): Promise<readonly Figure[]> {
  return withRing({ replicas: 6, replicationFactor: 3 }, (ring) =>
    withGenerator(async (generator) => {
      await fill(ring, KEYS, tell);
      const {
        id,
        ports: { client },
      } = ring.nodes()[0]!;
      const document = await documentAt(client);
      const own = document.members.find((member) => member.id === id)!.incarnation;
      const holds = (index: number): boolean =>
        readSet(document, slotOf(keyOf(keyName(index)), document.slotBits)).includes(own);
      const indexes = Array.from({ length: KEYS }, (_, i) => i);
      const order = (requests: readonly string[]) => ({
        port: client,
        outstanding: OUTSTANDING,
        seconds,
        requests,
      });
      tell('six nodes: keys held and not held');
      const of = await byTurns(
        generator,
        {
          held: order(indexes.filter(holds).map(getText)),
          away: order(indexes.filter((index) => !holds(index)).map(getText)),
        },
        rounds,
      );
      const slots = ring.status()!.members.map((member) => member.slots);
      const mean = slots.reduce((sum, n) => sum + n, 0) / slots.length;
      return [
        ratio(
          'GET of a key that the node does not hold, beside one it holds',
          of.away.rate / of.held.rate,
          { atLeast: 0.85 },
        ),
        { what: '  held', measured: described(of.held) },
        { what: '  not held', measured: described(of.away) },
        ratio('busiest of six members, beside the mean', Math.max(...slots) / mean, {
          atMost: 1.05,
        }),
      ];
    }),
  );
}

export const routing: Section = {
  name: 'routing',
  title: `Six nodes, N=3, R=2, ${OUTSTANDING} requests outstanding`,
  run,
};
