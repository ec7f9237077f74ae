import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation } from '../../../core/api/ids.ts';
import type { NodeReport } from '../../../core/api/admin.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { decodeDocument, documentHash, encodeDocument } from '../../../core/membership/document.ts';
import { askMembers } from '../../../node/http/ask-members.ts';
import { checkRing } from '../../../node/http/ring-check.ts';
import type { MemberAnswer, RingCheck } from '../../../node/http/ring-check.ts';
import { withNodes } from '../../client/nodes.ts';
import { withNode } from '../live-node.ts';
import { THREE, threeMemberRing } from '../three-member-ring.ts';

const OWN_REPORT = {
  incarnation: THREE[0],
  serving: true,
  splitRing: false,
  unequalSlots: 0,
  uncleanSlots: 0,
} as NodeReport;

/** What the first member finds when the second one gives this answer, and the third its own document. */
function checkWith(answer: MemberAnswer, document = threeMemberRing('dev-0')): RingCheck {
  const answers = new Map([
    [THREE[1]!, answer],
    [THREE[2]!, { kind: 'holds', document } as const],
  ]);
  const heard = { epoch: 9, documentHash: 'heard', heardMs: 9_000 };
  const peers = THREE.slice(1, 3).map((incarnation) => ({ incarnation, ...heard }));
  return checkRing({ document, report: OWN_REPORT, peers, answers, nowMs: 10_000 });
}

const holds = (document: RingDocument): MemberAnswer => ({ kind: 'holds', document });

/** The ring in which slots 5 and later are the third member's. */
function otherOwners(at: number): RingDocument {
  const ring = threeMemberRing('dev-0', { epoch: epoch(at) });
  const owners = [ring.current.owners[0]!.map((owner, slot) => (slot < 5 ? owner : 2))];
  return { ...ring, current: { ...ring.current, owners } };
}

describe('a ring check', () => {
  test('is ok where all members answer with one document', () => {
    const check = checkWith(holds(threeMemberRing('dev-0')));
    expect(check).toMatchObject({ ok: true, problems: [] });
    expect(check.members.map(({ verdict }) => verdict)).toEqual(['agrees', 'agrees', 'agrees']);
  });

  test.each([
    ['behind', 1],
    ['ahead', 3],
    ['differs', 2],
  ])('finds "%s", and the first slot that is held by others there', (verdict, at) => {
    const document = threeMemberRing('dev-0', { epoch: epoch(2) });
    const other = otherOwners(at);
    const check = checkWith(holds(other), document);
    expect(check.ok).toBe(false);
    expect(check.members[1]).toMatchObject({
      verdict,
      epoch: at,
      documentHash: documentHash(other),
      firstDifference: {
        slot: 6,
        here: [['dev-0', 'dev-1']],
        there: [['dev-2', 'dev-0']],
      },
      detail: 'slot 6 is held by dev-0, dev-1 here, by dev-2, dev-0 there',
    });
  });

  test('says so where another document gives all slots to the same members', () => {
    const check = checkWith(holds(threeMemberRing('dev-0', { epoch: epoch(7) })));
    expect(check.members[1]).toMatchObject({
      verdict: 'ahead',
      firstDifference: null,
      detail: 'all slots are held by the same members',
    });
  });

  test('tells what is wrong with the document of another', () => {
    const check = checkWith(holds(threeMemberRing('dev-0', { epoch: epoch(0) })));
    expect(check.problems).toEqual(['dev-1: epoch 0 is below 1']);
  });

  test('shows of who did not answer why, and what was heard of it last', () => {
    const check = checkWith({ kind: 'failed', reason: 'h:1 did not answer within 2000 ms' });
    expect(check.ok).toBe(false);
    expect(check.members[1]).toEqual({
      id: 'dev-1',
      incarnation: THREE[1],
      epoch: 9,
      documentHash: 'heard',
      heardMsAgo: 1_000,
      verdict: 'silent',
      firstDifference: null,
      detail: 'h:1 did not answer within 2000 ms',
    });
  });

  test('is not ok where a member answers clients and is not heard as a peer', () => {
    const document = threeMemberRing('dev-0');
    const answers = new Map(THREE.slice(1).map((id) => [id, holds(document)] as const));
    const heard = { incarnation: THREE[1]!, epoch: 1, documentHash: '', heardMs: 10_000 };
    const asked = { document, report: OWN_REPORT, answers, nowMs: 10_000 };
    const check = checkRing({ ...asked, peers: [heard] });
    expect(check).toMatchObject({
      ok: false,
      problems: ['dev-2 answers clients, but nothing is heard of it at the peer port'],
      members: [{ heardMsAgo: 0 }, { heardMsAgo: 0 }, { heardMsAgo: null }],
    });
    expect(checkRing({ ...asked, peers: [heard], nowMs: 60_000 }).problems).toHaveLength(2);
  });

  test('is not ok where the own document is no ring', () => {
    const document = threeMemberRing('dev-0', { epoch: epoch(0) });
    expect(checkWith(holds(document), document).problems).toContain('epoch 0 is below 1');
  });
});

describe('a ring check of real nodes', () => {
  test('finds that all agree, from each of them, and who has stopped', async () => {
    await withNodes(3, async ({ nodes: [a, b, c] }) => {
      const verdicts = async (): Promise<readonly string[]> => {
        const { members } = (await a!.call('GET', '/v1/ring/check')).json() as unknown as RingCheck;
        return members.map(({ verdict, detail }) => `${verdict} ${detail}`.trim());
      };
      for (const { call } of [a!, b!, c!])
        expect((await call('GET', '/v1/ring/check')).json()).toMatchObject({ ok: true });
      await c!.node.stop();
      expect(await verdicts()).toEqual([
        'agrees',
        'agrees',
        expect.stringMatching(/^silent 127\.0\.0\.1:\d+ did not answer: ECONNREFUSED$/),
      ]);
    });
  });

  test('finds where two documents of one epoch differ, though peers refuse each other', async () => {
    await withNodes(3, async ({ nodes }) => {
      const { document } = (await nodes[0]!.call('GET', '/v1/ring')).json();
      const held = decodeDocument(JSON.stringify(document));
      const startingWith = (seat: number): string =>
        encodeDocument({
          ...held,
          epoch: epoch(2),
          current: {
            ...held.current,
            layout: { kind: 'flat' },
            owners: [Uint16Array.from({ length: 16 }, (_, slot) => (slot + seat) % 3)],
          },
        });
      const bodies = [startingWith(0), startingWith(0), startingWith(1)];
      await Promise.all(
        nodes.map(({ admin }, i) => admin('PUT', '/admin/document', { body: bodies[i]! })),
      );
      const check = (await nodes[0]!.call('GET', '/v1/ring/check')).json() as unknown as RingCheck;
      expect(check.ok).toBe(false);
      expect(check.members[2]).toMatchObject({ verdict: 'differs', epoch: 2 });
      // Seats stand in the order of incarnations, which are drawn.
      const three = '(dev-\\d, ){2}dev-\\d';
      expect(check.members[2]!.detail).toMatch(
        new RegExp(`^slot 0 is held by ${three} here, by ${three} there$`),
      );
    });
  });
});

describe('a member that is asked for its document', () => {
  test('in vain is waited for no longer than told', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const clientAddress = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const asked = { incarnation: THREE[0]!, clientAddress };
    const answers = await askMembers([asked], { clusterId: 'test-ring', ms: 50 });
    expect(answers.get(THREE[0]!)).toEqual({
      kind: 'failed',
      reason: `${clientAddress} did not answer within 50 ms`,
    });
    server.close();
  });

  test('answers for itself alone, and for its own ring', async () => {
    await withNode(async ({ node }) => {
      const clientAddress = `127.0.0.1:${node.ports.client.port}`;
      const own = incarnation(node.ports.incarnation);
      const reasonOf = async (who: typeof own, clusterId: string): Promise<unknown> =>
        (await askMembers([{ incarnation: who, clientAddress }], { clusterId })).get(who);
      expect(await reasonOf(own, 'test-ring')).toMatchObject({ kind: 'holds' });
      expect(await reasonOf(THREE[0]!, 'test-ring')).toMatchObject({
        reason: `another incarnation, ${own}, answers at ${clientAddress}`,
      });
      expect(await reasonOf(own, 'other-ring')).toMatchObject({
        reason: `${clientAddress} answered with status 421`,
      });
    });
  });
});
