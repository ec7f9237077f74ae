// What every Platform must do, whatever its nodes run on: the planner relies on nothing else.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { changeId, epoch, incarnation } from '../../core/api/ids.ts';
import type { NodeId } from '../../core/api/ids.ts';
import type { Receipt, RingDocument } from '../../core/api/ring-document.ts';
import { SLOT_BITS } from '../../core/limits.ts';
import { documentHash } from '../../core/membership/document.ts';
import { claim } from '../../core/ring/claim.ts';
import type { Observed, ObservedNode } from '../../operator/planner/observed.ts';
import type { Platform } from '../../operator/platform.ts';
import { atRest } from '../core/membership/at-rest.ts';

export interface PlatformUnderTest {
  readonly platform: Platform;
  /** Changes what the user asks for. */
  wish(replicas: number): Promise<void>;
  /** Ends whatever the platform started. */
  dispose(): Promise<void>;
}

/** ms: a node starts and answers well within this. */
const PATIENCE_MS = 30_000;

export function platformContract(name: string, open: () => Promise<PlatformUnderTest>): void {
  describe(`${name} as a platform`, () => {
    let under: PlatformUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(async () => {
      await under.dispose();
    });

    test('a cluster that was never run has no document and no nodes', async () => {
      const observed = await under.platform.observe();
      expect(observed.document).toBeNull();
      expect(observed.highest).toBeNull();
      expect(observed.nodes).toEqual([]);
      expect(observed.lostIncarnations).toEqual([]);
    });

    test('fresh identities differ from one look to the next', async () => {
      const [first, second] = [await under.platform.observe(), await under.platform.observe()];
      expect(first.fresh.clusterId).not.toBe(second.fresh.clusterId);
      expect(first.fresh.changeId).not.toBe(second.fresh.changeId);
    });

    test('what the user asks for is seen after the wait that it ends', async () => {
      const waiting = under.platform.wait(PATIENCE_MS, new AbortController().signal);
      await under.wish(5);
      await waiting;
      expect(await desiredReplicas(under.platform, 5)).toBe(5);
    });

    test('a wait ends at once when it is called off', async () => {
      const ending = new AbortController();
      const waiting = under.platform.wait(PATIENCE_MS, ending.signal);
      ending.abort();
      await expect(waiting).resolves.toBeUndefined();
    });

    test('a started node answers; starting it again changes nothing', async () => {
      const node = await started(under.platform, 0);
      await under.platform.apply({ kind: 'start-node', id: node.id });
      const again = await answering(under.platform, node.id);
      expect(again.report?.incarnation).toBe(node.report?.incarnation);
      expect(again.address).toBe(node.address);
      expect(again.volume).toBe(node.report?.volume);
      expect(again.silentMs).toBe(0);
    });

    test('a restarted node comes back as the same incarnation at the same address', async () => {
      const node = await started(under.platform, 0);
      await under.platform.apply({ kind: 'restart-node', id: node.id, why: 'this test' });
      const again = await answering(under.platform, node.id);
      expect(again.report?.incarnation).toBe(node.report?.incarnation);
      expect(again.address).toBe(node.address);
    });

    test('a document is stored only in place of the one it was planned on', async () => {
      const node = await started(under.platform, 0);
      const first = ringOf([node]);
      await under.platform.apply({ kind: 'store-document', document: first, replaces: null });
      await expect(
        under.platform.apply({ kind: 'store-document', document: first, replaces: null }),
      ).rejects.toMatchObject({ code: 'CONFLICT' });
      const second = { ...first, epoch: epoch(2) };
      await under.platform.apply({ kind: 'store-document', document: second, replaces: first });
      await expect(
        under.platform.apply({
          kind: 'store-document',
          document: { ...first, epoch: epoch(3) },
          replaces: first,
        }),
      ).rejects.toMatchObject({ code: 'CONFLICT' });
      const stored = (await under.platform.observe()).document;
      expect(stored === null ? null : documentHash(stored)).toBe(documentHash(second));
    });

    test('no document follows one with a higher epoch', async () => {
      const node = await started(under.platform, 0);
      const newer = { ...ringOf([node]), epoch: epoch(9) };
      await under.platform.apply({ kind: 'store-document', document: newer, replaces: null });
      await expect(
        under.platform.apply({ kind: 'store-document', document: ringOf([node]), replaces: newer }),
      ).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    test('a posted document is acknowledged by the node, and serves as the highest one known', async () => {
      const node = await started(under.platform, 0);
      const document = ringOf([node]);
      await under.platform.apply({ kind: 'post-document', document, to: [node.id] });
      const observed = await under.platform.observe();
      const report = nodeIn(observed, node.id)?.report;
      expect(report?.epoch).toBe(1);
      expect(report?.documentHash).toBe(documentHash(document));
      expect(report?.serving).toBe(true);
      // Nothing is stored: the node alone proves that this cluster exists.
      expect(observed.document).toBeNull();
      expect(observed.highest?.clusterId).toBe(document.clusterId);
    });

    test('a node that no document names may go without a receipt', async () => {
      const node = await started(under.platform, 0);
      await under.platform.apply(removalOf(node, null));
      await gone(under.platform);
    });

    test('I6: a member is not removed without a receipt', async () => {
      const node = await memberStored(under.platform);
      await expect(under.platform.apply(removalOf(node, null))).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      expect((await answering(under.platform, node.id)).report?.incarnation).toBe(
        node.report?.incarnation,
      );
    });

    test('I6: a receipt that the stored document does not hold removes nobody', async () => {
      const node = await memberStored(under.platform);
      await expect(under.platform.apply(removalOf(node, receiptOf(node)))).rejects.toMatchObject({
        code: 'CONFLICT',
      });
    });

    test('I6: a stored receipt removes exactly its incarnation and volume', async () => {
      const node = await started(under.platform, 0);
      const other = { ...receiptOf(node), volume: 'another volume' };
      const document = { ...ringOf([node]), receipts: [receiptOf(node)] };
      const wrong = { ...document, receipts: [other] };
      await under.platform.apply({ kind: 'store-document', document: wrong, replaces: null });
      await expect(under.platform.apply(removalOf(node, other))).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      const right = { ...document, epoch: epoch(2) };
      await under.platform.apply({ kind: 'store-document', document: right, replaces: wrong });
      await expect(
        under.platform.apply({
          ...removalOf(node, receiptOf(node)),
          incarnation: incarnation('0'.repeat(16)),
        }),
      ).rejects.toMatchObject({ code: 'CONFLICT' });
      await under.platform.apply(removalOf(node, receiptOf(node)));
      await gone(under.platform);
    });

    test('a node that was removed and comes back is another incarnation, and the old one is lost', async () => {
      const node = await started(under.platform, 0);
      const document = { ...ringOf([node]), receipts: [receiptOf(node)] };
      await under.platform.apply({ kind: 'store-document', document, replaces: null });
      await under.platform.apply(removalOf(node, receiptOf(node)));
      await under.platform.apply({ kind: 'start-node', id: node.id });
      const again = await answering(under.platform, node.id);
      expect(again.report?.incarnation).not.toBe(node.report?.incarnation);
      expect((await under.platform.observe()).lostIncarnations).toEqual([node.report?.incarnation]);
    });
  });
}

async function started(platform: Platform, ordinal: number): Promise<ObservedNode> {
  const id = (await platform.observe()).nameOf(ordinal);
  await platform.apply({ kind: 'start-node', id });
  return await answering(platform, id);
}

/** One node that the stored document names. */
async function memberStored(platform: Platform): Promise<ObservedNode> {
  const node = await started(platform, 0);
  await platform.apply({ kind: 'store-document', document: ringOf([node]), replaces: null });
  return node;
}

async function answering(platform: Platform, id: NodeId): Promise<ObservedNode> {
  return await seen(platform, `${id} answers`, (observed) => {
    const node = nodeIn(observed, id);
    return node?.process === 'running' && node.report !== null ? node : null;
  });
}

/** Nobody is left; ending a process takes its time. */
async function gone(platform: Platform): Promise<void> {
  await seen(platform, 'no node is left', ({ nodes }) => (nodes.length === 0 ? true : null));
}

/** Looks again and again, as the loop does; throws naming what never came. */
async function seen<T>(
  platform: Platform,
  what: string,
  look: (observed: Observed) => T | null,
): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  const signal = new AbortController().signal;
  while (performance.now() < deadline) {
    const found = look(await platform.observe());
    if (found !== null) return found;
    await platform.wait(50, signal);
  }
  throw new Error(`waited in vain: ${what}`);
}

async function desiredReplicas(platform: Platform, wanted: number): Promise<number | undefined> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const replicas = (await platform.desired())?.replicas;
    if (replicas === wanted || performance.now() > deadline) return replicas;
    await platform.wait(50, new AbortController().signal);
  }
}

function nodeIn(observed: Observed, id: NodeId): ObservedNode | undefined {
  return observed.nodes.find((node) => node.id === id);
}

function removalOf({ id, report }: ObservedNode, receipt: Receipt | null) {
  return { kind: 'remove-node', id, incarnation: report?.incarnation ?? null, receipt } as const;
}

function receiptOf({ id, report }: ObservedNode): Receipt {
  return {
    id,
    incarnation: report!.incarnation,
    change: changeId('change'),
    epoch: epoch(1),
    volume: report!.volume,
  };
}

/** The first document of a ring of these nodes. */
function ringOf(nodes: readonly ObservedNode[]): RingDocument {
  const members = nodes.map((node) => ({
    id: node.id,
    incarnation: node.report!.incarnation,
    address: node.address,
    zone: node.zone,
    state: 'serving' as const,
    lost: false,
  }));
  const current = claim({
    from: null,
    seats: members.map(({ incarnation: seat, zone }) => ({ incarnation: seat, zone })),
    slotBits: SLOT_BITS,
    replicationFactor: 1,
    readQuorum: 1,
    writeQuorum: 1,
  });
  const progress = { sinceMs: 1, fullBarrier: epoch(0) };
  return atRest({ slotBits: SLOT_BITS, members, current, progress });
}
