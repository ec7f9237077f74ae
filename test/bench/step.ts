// The pure heart alone: `step` calls a second for a local read (N=1), with nothing around it.
import { incarnation, nodeId, requestId } from '../../core/api/ids.ts';
import type { VersionedObject } from '../../core/api/object.ts';
import { openReplica, step } from '../../core/replica/replica.ts';
import type { Replica } from '../../core/replica/state.ts';
import { keyOf } from '../../core/ring/hash.ts';
import { seededRng } from '../../core/rng.ts';
import { documentOf } from '../core/replica/calm-ring.ts';
import type { Bench, Figure, Section } from './figures.ts';
import { count } from './figures.ts';
import { median } from './load.ts';

const READS = 300_000;
const KEYS = Array.from({ length: 1000 }, (_, i) => keyOf(`key-${i}`));
const OBJECT: VersionedObject = {
  context: { actors: ['a.1'], counters: [1] },
  siblings: [
    {
      dot: { actor: 'a.1', counter: 1 },
      value: new Uint8Array(100),
      contentType: 'text/plain',
      time: 1,
      expiresAtMs: 0,
    },
  ],
};
const ID = requestId('bench');

function loneReplica(): Replica {
  const document = documentOf(['a'], { replicationFactor: 1, readQuorum: 1, writeQuorum: 1 });
  const { replica, effects } = openReplica({
    id: nodeId('a'),
    incarnation: incarnation('a'),
    rng: seededRng(1),
    stored: { document, actor: null, marks: new Map(), hints: new Map() },
  });
  for (const effect of effects)
    if (effect.kind === 'store') step(replica, { kind: 'stored', ticket: effect.ticket }, 1);
  return replica;
}

/** Calls a second: each read is two, the request and the loaded record. */
function callsPerSecond(replica: Replica): number {
  const began = performance.now();
  for (let i = 0; i < READS; i++) {
    const key = KEYS[i % KEYS.length]!;
    const [load] = step(
      replica,
      { kind: 'request', request: { kind: 'read', id: ID, key, quorum: null } },
      5,
    );
    if (load?.kind !== 'load') throw new Error('a read did not begin with a load');
    const [reply] = step(replica, { kind: 'loaded', ticket: load.ticket, object: OBJECT }, 5);
    if (reply?.kind !== 'reply') throw new Error('a loaded record was not the answer');
  }
  return ((READS * 2) / (performance.now() - began)) * 1000;
}

function run({ rounds, tell }: Bench): Promise<readonly Figure[]> {
  tell('step calls');
  const replica = loneReplica();
  const rates = Array.from({ length: rounds + 1 }, () => callsPerSecond(replica)).slice(1);
  const rate = median(rates);
  return Promise.resolve([
    {
      what: '`step` calls a second (local read)',
      measured: count(rate),
      target: '≥ 1,000,000',
      isMet: rate >= 1e6,
    },
  ]);
}

export const stepRate: Section = { name: 'step', title: 'The pure replica', run };
