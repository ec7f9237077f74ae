// What a member is said to be, from the ring document, its node and what was done to it by hand. The
// first that fits counts.
import type { GainProgress } from '../../core/api/admin.ts';
import type { Member } from '../../core/api/ring-document.ts';
import type { Handling } from '../console-place.ts';
import type { ObservedNode } from '../planner/observed.ts';
import { counted, formatCount, formatDuration } from '../words.ts';
import type { MemberCondition, MemberView } from './view.ts';

export interface MemberFacts {
  readonly member: Member | null;
  readonly node: ObservedNode | undefined;
  readonly handling: Handling | null;
  /** Of the change under way. */
  readonly gains: GainProgress | null;
  /** Of the stored document; 0: there is none. */
  readonly epoch: number;
}

export function conditionOf(facts: MemberFacts): Pick<MemberView, 'condition' | 'words' | 'live'> {
  const { member, node, epoch } = facts;
  const [condition, words] = said(facts);
  const report = node?.report ?? null;
  // One that answers and is only behind takes the document within a moment, and serves.
  const answers = report !== null && !report.draining && (report.serving || report.epoch < epoch);
  return { condition, words, live: answers && member !== null && !member.lost };
}

/** ms of silence that are worth a word. */
const SILENCE_TOLD_MS = 2_000;

function said({ member, node, handling, gains }: MemberFacts): [MemberCondition, string] {
  if (member?.lost === true) return ['lost', 'its volume is gone; the ring rebuilds its copies'];
  if (handling === 'held') return ['held', 'stopped by hand'];
  if (handling === 'paused') return ['paused', 'paused by hand: it does not answer'];
  if (node === undefined || node.process === 'stopped') return ['down', 'no process runs'];
  const { report } = node;
  const silence = node.silentMs > SILENCE_TOLD_MS ? ` for ${formatDuration(node.silentMs)}` : '';
  if (report === null)
    return node.process === 'starting'
      ? ['starting', `starts, and has not answered${silence}`]
      : ['silent', `does not answer${silence}`];
  if (report.draining || node.process === 'stopping')
    return ['stopping', 'ends what it has begun, keeps its slots'];
  if (member === null) return ['starting', 'runs, and is to join'];
  if (member.state === 'joining') return ['joining', gainsText(gains)];
  if (member.state === 'leaving') return ['leaving', `hands over what it holds, then it goes`];
  if (member.state === 'left')
    return [
      'left',
      report.uncleanSlots > 0 ? unclean(report.uncleanSlots) : 'holds no slot any more',
    ];
  if (!report.serving) return ['starting', 'has not taken the ring document yet'];
  if (gains !== null && gains.covered < gains.needed) return ['serving', gainsText(gains)];
  return ['serving', report.uncleanSlots > 0 ? unclean(report.uncleanSlots) : 'serves'];
}

function gainsText(gains: GainProgress | null): string {
  return gains === null
    ? 'is about to get its slots'
    : `has ${formatCount(gains.covered)} of ${counted(gains.needed, 'new slot')}`;
}

function unclean(slots: number): string {
  return `cleans up ${counted(slots, 'slot')} that moved away`;
}
