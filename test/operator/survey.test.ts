import { describe, expect, test } from '@jest/globals';
import type { NodeReport } from '../../core/api/admin.ts';
import { epoch, incarnation, nodeId, zone } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { RingError } from '../../core/errors.ts';
import type { NodeClient } from '../../operator/node-client.ts';
import { Survey } from '../../operator/survey.ts';
import type { NodeFacts } from '../../operator/survey.ts';

const A = incarnation('a'.repeat(16));
const B = incarnation('b'.repeat(16));
const ID = nodeId('ring-0');
const ring = (at = 3, lost = false) =>
  ({ epoch: epoch(at), members: [{ id: ID, incarnation: A, lost }] }) as unknown as RingDocument;

/** A node that answers with this report and holds this document; null: it does not answer. */
function answers(
  report: Partial<NodeReport> | null,
  document: RingDocument | null = null,
): NodeClient {
  const silence = (): Promise<never> =>
    Promise.reject(new RingError('PEER_UNREACHABLE', 'no answer'));
  return {
    report: () =>
      report === null
        ? silence()
        : Promise.resolve({ id: ID, serving: false, epoch: 0, ...report } as NodeReport),
    document: () => Promise.resolve(document),
    adopt: silence,
    load: silence,
    drain: silence,
    isReady: () => Promise.resolve(false),
  };
}

const facts = (given: Partial<NodeFacts>): NodeFacts => ({
  id: ID,
  process: 'running',
  startedMs: 100,
  revision: 'r',
  address: '127.0.0.1:3',
  volume: 'v',
  client: answers(null),
  zone: zone('local'),
  ...given,
});
const observe = (document: RingDocument | null, nodes: readonly NodeFacts[], nowMs = 200) =>
  new Survey('ring').observe(document, nodes, nowMs);

describe('R9: an incarnation is called lost', () => {
  test.each([
    ['where another one answers from its place', [facts({ client: answers({ incarnation: B }) })]],
    [
      'where its folder is gone and so is its process',
      [facts({ process: 'crashed', volume: null })],
    ],
    ['where nothing is left of its node', []],
  ])('%s', async (_what, nodes) => {
    expect((await observe(ring(), nodes)).lostIncarnations).toEqual([A]);
  });

  test.each([
    ['while it answers itself', [facts({ client: answers({ incarnation: A }) })]],
    ['for its silence', [facts({ client: answers(null) })]],
    ['while its process may still have the folder open', [facts({ volume: null })]],
    ['because it is stopped', [facts({ process: 'stopped' })]],
    [
      'because somebody else answers on its port',
      [facts({ client: answers({ id: nodeId('other'), incarnation: B }) })],
    ],
  ])('never %s', async (_what, nodes) => {
    expect((await observe(ring(), nodes)).lostIncarnations).toEqual([]);
  });

  test('only once: the document knows the rest', async () => {
    expect((await observe(ring(3, true), [])).lostIncarnations).toEqual([]);
  });
});

describe('what a node is to the planner', () => {
  test.each([
    ['running', answers({ incarnation: A }), 'running'],
    ['running', answers(null), 'starting'],
    ['crashed', answers(null), 'starting'],
    ['stopping', answers(null), 'stopping'],
    ['stopped', answers({ incarnation: A }), 'stopped'],
  ] as const)('a %s process', async (process, client, seen) => {
    expect((await observe(null, [facts({ process, client })])).nodes[0]?.process).toBe(seen);
  });

  test('who is being stopped is draining, although it still serves and does not know it', async () => {
    const client = answers({ incarnation: A, serving: true, draining: false });
    const draining = async (process: NodeFacts['process']) =>
      (await observe(null, [facts({ process, client })])).nodes[0]?.report?.draining;
    expect([await draining('running'), await draining('stopping')]).toEqual([false, true]);
  });

  test('silence is counted from its last answer, and before that from when it was first seen', async () => {
    const survey = new Survey('ring');
    const look = async (client: NodeClient, nowMs: number) =>
      (await survey.observe(null, [facts({ client })], nowMs)).nodes[0]!.silentMs;
    expect([
      await look(answers(null), 150),
      await look(answers(null), 190),
      await look(answers({ incarnation: A }), 200),
      await look(answers(null), 275),
    ]).toEqual([0, 40, 0, 75]);
  });

  test('a joiner that comes late, or comes back, is not as silent as the operator is old', async () => {
    const survey = new Survey('ring');
    const silence = async (nodes: readonly NodeFacts[], nowMs: number) =>
      (await survey.observe(null, nodes, nowMs)).nodes.map(({ silentMs }) => silentMs);
    const late = facts({ id: nodeId('ring-1') });
    await silence([facts({})], 100);
    expect(await silence([facts({}), late], 900_000)).toEqual([899_900, 0]);
    await silence([facts({ client: answers({ incarnation: A }) })], 900_100);
    await silence([], 900_200);
    expect(await silence([facts({})], 1_800_000)).toEqual([0]);
    expect(survey.lastReport(ID)).toBeNull();
  });

  test('the highest document is fetched from a node that is ahead, and is the stored one otherwise', async () => {
    const stored = ring(3);
    const ahead = ring(5);
    expect(
      (await observe(stored, [facts({ client: answers({ epoch: epoch(5) }, ahead) })])).highest,
    ).toBe(ahead);
    expect(
      (await observe(stored, [facts({ client: answers({ epoch: epoch(3) }, ahead) })])).highest,
    ).toBe(stored);
    expect(
      (await observe(null, [facts({ client: answers({ epoch: epoch(5) }, ahead) })])).highest,
    ).toBe(ahead);
  });
});
