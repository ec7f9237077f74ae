// Do all members hold the same ring, and where do they not? Pure: computed from what each of them
// answered just now.
import type { NodeReport } from '../../core/api/admin.ts';
import type { Incarnation } from '../../core/api/ids.ts';
import type { Member, RingDocument } from '../../core/api/ring-document.ts';
import { HEARTBEAT_TICKS, SUSPICION_TICKS, TICK_MS } from '../../core/limits.ts';
import {
  checkDocument,
  documentHash,
  memberOf,
  writeSets,
} from '../../core/membership/document.ts';
import type { PeerView } from '../driver.ts';

/** ms after which who was not heard as a peer counts as unheard. */
const RING_SILENCE_MS = (SUSPICION_TICKS + HEARTBEAT_TICKS) * TICK_MS;

/** What a member said when it was asked for its document. */
export type MemberAnswer =
  | { readonly kind: 'holds'; readonly document: RingDocument }
  /** No document came; `reason` is for people. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Who must take a write of this slot, owner first; during a change one list for each set. */
export interface SlotDifference {
  readonly slot: number;
  readonly here: readonly (readonly string[])[];
  readonly there: readonly (readonly string[])[];
}

/** What one member holds. */
export interface MemberCheck {
  readonly id: string;
  readonly incarnation: string;
  /** As it answered; where it did not, as last heard of it; null: nothing was. */
  readonly epoch: number | null;
  readonly documentHash: string | null;
  /** ms since it was last heard as a peer; null: it never was. */
  readonly heardMsAgo: number | null;
  /** `silent`: it did not answer. */
  readonly verdict: 'agrees' | 'behind' | 'ahead' | 'differs' | 'silent' | 'lost';
  /** The first slot that it holds to be others' than this node does; null: none, or it did not answer. */
  readonly firstDifference: SlotDifference | null;
  /** The same for people; empty where it agrees. */
  readonly detail: string;
}

export interface RingCheck {
  readonly ok: boolean;
  readonly epoch: number;
  readonly documentHash: string;
  /** What is wrong with the ring that this node holds (I9), and with those that others do. */
  readonly problems: readonly string[];
  readonly members: readonly MemberCheck[];
}

export interface Checking {
  readonly document: RingDocument;
  readonly report: NodeReport;
  readonly peers: readonly PeerView[];
  readonly answers: ReadonlyMap<Incarnation, MemberAnswer>;
  readonly nowMs: number;
}

/** Equal hashes mean equal owners, and so equal chains: those are computed from the document alone. */
export function checkRing(checking: Checking): RingCheck {
  const { document, report, answers } = checking;
  const members = document.members.map((member) => checkMember(member, checking));
  const theirs = document.members.flatMap(({ id, incarnation }) => {
    const answer = answers.get(incarnation);
    return answer?.kind === 'holds' && documentHash(answer.document) !== documentHash(document)
      ? checkDocument(answer.document).map((wrong) => `${id}: ${wrong}`)
      : [];
  });
  const problems = [
    ...checkDocument(document),
    ...ownProblems(report),
    ...theirs,
    ...members.flatMap(unheard),
  ];
  const ok =
    problems.length === 0 && members.every((m) => m.verdict === 'agrees' || m.verdict === 'lost');
  return { ok, epoch: document.epoch, documentHash: documentHash(document), problems, members };
}

function checkMember(member: Member, checking: Checking): MemberCheck {
  const { document, report, answers } = checking;
  const { id, incarnation, lost } = member;
  const answer: MemberAnswer | undefined =
    incarnation === report.incarnation ? { kind: 'holds', document } : answers.get(incarnation);
  const heardMsAgo = heardAgo(incarnation, checking);
  if (answer?.kind === 'holds' && !lost)
    return { id, incarnation, heardMsAgo, ...compared(document, answer.document) };
  const heard = checking.peers.find((peer) => peer.incarnation === incarnation);
  return {
    id,
    incarnation,
    epoch: heard?.epoch ?? null,
    documentHash: heard?.documentHash ?? null,
    heardMsAgo,
    verdict: lost ? 'lost' : 'silent',
    firstDifference: null,
    detail: lost || answer?.kind !== 'failed' ? '' : answer.reason,
  };
}

function heardAgo(who: Incarnation, { report, peers, nowMs }: Checking): number | null {
  if (who === report.incarnation) return 0;
  const heard = peers.find((peer) => peer.incarnation === who);
  return heard === undefined ? null : Math.max(0, nowMs - heard.heardMs);
}

/** Whoever answers clients, and is not heard as a peer, is cut off where it matters. */
function unheard({ id, verdict, heardMsAgo }: MemberCheck): readonly string[] {
  if (verdict === 'silent' || verdict === 'lost') return [];
  return heardMsAgo === null || heardMsAgo > RING_SILENCE_MS
    ? [`${id} answers clients, but nothing is heard of it at the peer port`]
    : [];
}

function compared(
  here: RingDocument,
  there: RingDocument,
): Pick<MemberCheck, 'epoch' | 'documentHash' | 'verdict' | 'firstDifference' | 'detail'> {
  const held = { epoch: there.epoch, documentHash: documentHash(there) };
  if (held.documentHash === documentHash(here))
    return { ...held, verdict: 'agrees', firstDifference: null, detail: '' };
  const firstDifference = differenceOf(here, there);
  return {
    ...held,
    verdict: there.epoch < here.epoch ? 'behind' : there.epoch > here.epoch ? 'ahead' : 'differs',
    firstDifference,
    detail:
      here.slotBits !== there.slotBits
        ? `${1 << here.slotBits} slots here, ${1 << there.slotBits} there`
        : firstDifference === null
          ? 'all slots are held by the same members'
          : detailOf(firstDifference),
  };
}

function differenceOf(here: RingDocument, there: RingDocument): SlotDifference | null {
  if (here.slotBits !== there.slotBits) return null;
  for (let slot = 0; slot < 1 << here.slotBits; slot++) {
    const [ours, theirs] = [writeSets(here, slot), writeSets(there, slot)];
    if (setsText(ours) === setsText(theirs)) continue;
    const named = { slot, here: withIds(here, ours), there: withIds(there, theirs) };
    // A member that came back is another incarnation of the same name.
    return setsText(named.here) === setsText(named.there)
      ? { slot, here: ours, there: theirs }
      : named;
  }
  return null;
}

type Sets = readonly (readonly string[])[];

function withIds(document: RingDocument, sets: readonly (readonly Incarnation[])[]): Sets {
  return sets.map((set) => set.map((one) => memberOf(document, one)?.id ?? one));
}

function setsText(sets: Sets): string {
  return sets.map((set) => set.join(', ')).join(' and ');
}

function detailOf({ slot, here, there }: SlotDifference): string {
  return `slot ${slot} is held by ${setsText(here)} here, by ${setsText(there)} there`;
}

function ownProblems(report: NodeReport): string[] {
  const problems: string[] = [];
  if (report.splitRing)
    problems.push(
      'another document of the same epoch was met: the ring is split, and nobody serves',
    );
  else if (!report.serving)
    problems.push('this node does not serve: the document does not name its incarnation');
  if (report.unequalSlots > 0)
    problems.push(`${report.unequalSlots} slots differ from a co-replica's`);
  if (report.uncleanSlots > 0)
    problems.push(`${report.uncleanSlots} slots that moved away are not cleaned up`);
  return problems;
}
