import { describe, expect, test } from '@jest/globals';
import { ringDot, ringMermaid } from '../../../node/http/draw-graph.ts';
import { ringSvg } from '../../../node/http/draw.ts';
import { ringView } from '../../../node/http/ring-view.ts';
import { threeMemberRing } from '../three-member-ring.ts';

describe('the view of a ring', () => {
  test('counts what each member owns and replicates', () => {
    const { members, balance } = ringView(threeMemberRing('<b>"\\&'), -2);
    expect(members.map((m) => m.slotsOwned)).toEqual([6, 5, 5]);
    expect(members.reduce((sum, m) => sum + m.slotsReplicated, 0)).toBe(32);
    expect(balance.mean).toBeCloseTo(32 / 3);
  });
});

describe('drawings', () => {
  test('a hostile member name stays text in SVG, in Graphviz and in Mermaid', () => {
    const document = threeMemberRing('<b>"\\&');
    expect(ringSvg(document)).not.toContain('<b>');
    expect(ringSvg(document)).toContain('&#60;b&#62;');
    expect(ringDot(document)).toContain('label="<b>\\"\\\\&\\nz0');
    expect(ringMermaid(document)).toContain('n0(["#60;b#62;#34;#92;#38;<br/>z0<br/>owns 6');
  });

  test('both graphs say how often each member follows another', () => {
    const document = threeMemberRing('<b>"\\&');
    expect(ringDot(document).match(/->/g)).toHaveLength(3);
    expect(ringMermaid(document)).toContain('  n1 -- 5 --> n2\n');
  });

  test('each run of slots is one arc, each member one row', () => {
    const svg = ringSvg(threeMemberRing('<b>"\\&'));
    expect(svg.match(/<path /g)).toHaveLength(16);
    expect(svg.match(/ slots<\/text>/g)).toHaveLength(3);
  });
});
