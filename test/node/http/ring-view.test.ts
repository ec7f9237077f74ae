import { describe, expect, test } from '@jest/globals';
import { epoch, incarnation, nodeId, zone } from '../../../core/api/ids.ts';
import type { NodeReport } from '../../../core/api/admin.ts';
import type { RingDocument } from '../../../core/api/ring-document.ts';
import { documentHash } from '../../../core/membership/document.ts';
import { ringDot, ringSvg } from '../../../node/http/draw.ts';
import { checkRing, ringView } from '../../../node/http/ring-view.ts';
import { oneMemberRing } from '../one-member-ring.ts';

const IDS = ['aa', 'bb', 'cc'].map((pair) => incarnation(pair.repeat(8)));

/** Three members, two replicas, slots handed out in turn; the first member's name is hostile. */
function threeMembers(): RingDocument {
  const seats = IDS.map((id, i) => ({ incarnation: id, zone: zone(`z${i}`) }));
  return oneMemberRing(IDS[0]!, {
    members: seats.map((seat, i) => ({
      ...seat,
      id: nodeId(i === 0 ? '<b>"\\&' : `dev-${i}`),
      address: `h:${i}`,
      state: 'serving',
      lost: false,
    })),
    current: {
      layout: { kind: 'flat' },
      replicationFactor: 2,
      readQuorum: 1,
      writeQuorum: 2,
      seats,
      owners: [Uint16Array.from({ length: 16 }, (_, slot) => slot % 3)],
    },
  });
}

const OWN_REPORT = {
  incarnation: IDS[0],
  serving: true,
  splitRing: false,
  unequalSlots: 0,
  uncleanSlots: 0,
} as NodeReport;

describe('the view of a ring', () => {
  test('counts what each member owns and replicates', () => {
    const { members, balance } = ringView(threeMembers());
    expect(members.map((m) => m.slotsOwned)).toEqual([6, 5, 5]);
    expect(members.reduce((sum, m) => sum + m.slotsReplicated, 0)).toBe(32);
    expect(balance.mean).toBeCloseTo(32 / 3);
  });

  test('a check names who is behind, ahead, of another mind, and silent', () => {
    const document = threeMembers();
    const hash = documentHash(document);
    const verdictOn = (peer: { epoch: number; documentHash: string; heardMs: number }): unknown => {
      const peers = [{ incarnation: IDS[1]!, ...peer }];
      return checkRing({
        document,
        report: OWN_REPORT,
        peers,
        nowMs: 10_000,
        silenceMs: 2_000,
      }).members.map((member) => member.verdict)[1];
    };
    expect(verdictOn({ epoch: 1, documentHash: hash, heardMs: 9_000 })).toBe('agrees');
    expect(verdictOn({ epoch: 1, documentHash: 'other', heardMs: 9_000 })).toBe('differs');
    expect(verdictOn({ epoch: 0, documentHash: '', heardMs: 9_000 })).toBe('behind');
    expect(verdictOn({ epoch: 2, documentHash: 'x', heardMs: 9_000 })).toBe('ahead');
    expect(verdictOn({ epoch: 1, documentHash: hash, heardMs: 1_000 })).toBe('silent');
  });

  test('a check is not ok where a member is silent or the document is no ring', () => {
    const document = { ...threeMembers(), epoch: epoch(0) };
    const check = checkRing({ document, report: OWN_REPORT, peers: [], nowMs: 0, silenceMs: 1 });
    expect(check.ok).toBe(false);
    expect(check.problems).toContain('epoch 0 is below 1');
  });
});

describe('drawings', () => {
  test('a hostile member name stays text in SVG and in Graphviz', () => {
    const document = threeMembers();
    expect(ringSvg(document)).not.toContain('<b>');
    expect(ringSvg(document)).toContain('&#60;b&#62;');
    expect(ringDot(document)).toContain('label="<b>\\"\\\\&\\nz0');
  });

  test('each run of slots is one arc, each member one row', () => {
    const svg = ringSvg(threeMembers());
    expect(svg.match(/<path /g)).toHaveLength(16);
    expect(svg.match(/ slots<\/text>/g)).toHaveLength(3);
  });
});
