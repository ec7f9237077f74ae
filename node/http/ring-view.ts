// The ring as clients see it: members, what each holds, balance, who owns a key, and where members
// disagree. Pure: computed from a document and what the node heard.
import type { Incarnation } from '../../core/api/ids.ts';
import type { NodeReport } from '../../core/api/admin.ts';
import type { Key } from '../../core/api/object.ts';
import type { Assignment, Member, RingDocument } from '../../core/api/ring-document.ts';
import {
  checkDocument,
  documentHash,
  memberOf,
  readSet,
  writeSets,
} from '../../core/membership/document.ts';
import { slotOf } from '../../core/ring/hash.ts';
import { preferenceList } from '../../core/ring/placement.ts';
import { replicaTable } from '../../core/ring/ring.ts';
import type { PeerView } from '../driver.ts';

export interface MemberView {
  readonly id: string;
  readonly incarnation: string;
  readonly address: string;
  readonly zone: string;
  readonly state: Member['state'];
  readonly lost: boolean;
  /** Slots of the current assignment: owned first, and held as any replica. */
  readonly slotsOwned: number;
  readonly slotsReplicated: number;
  /** Slots it will hold once the change is through; null: no change is under way. */
  readonly slotsNext: number | null;
}

export interface RingView {
  readonly clusterId: string;
  readonly epoch: number;
  readonly phase: RingDocument['phase'];
  readonly documentHash: string;
  readonly slots: number;
  readonly layout: string;
  readonly replicationFactor: number;
  readonly readQuorum: number;
  readonly writeQuorum: number;
  readonly mode: string;
  readonly conflicts: string;
  readonly change: RingDocument['change'];
  readonly limits: RingDocument['limits'];
  readonly members: readonly MemberView[];
  /** Replicated slots of the busiest seat beside the mean of all. */
  readonly balance: { readonly max: number; readonly mean: number; readonly ratio: number };
}

const views = new WeakMap<RingDocument, RingView>();

export function ringView(document: RingDocument): RingView {
  let view = views.get(document);
  if (view === undefined) views.set(document, (view = computeView(document)));
  return view;
}

function computeView(document: RingDocument): RingView {
  const { current, next } = document;
  const now = countSlots(current);
  const later = next === null ? null : countSlots(next);
  const counts = current.seats.map((seat) => now.get(seat.incarnation)?.replicated ?? 0);
  const max = Math.max(...counts);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return {
    clusterId: document.clusterId,
    epoch: document.epoch,
    phase: document.phase,
    documentHash: documentHash(document),
    slots: 1 << document.slotBits,
    layout: current.layout.kind,
    replicationFactor: current.replicationFactor,
    readQuorum: current.readQuorum,
    writeQuorum: current.writeQuorum,
    mode: document.mode,
    conflicts: document.conflicts,
    change: document.change,
    limits: document.limits,
    members: document.members.map((member) => ({
      ...member,
      slotsOwned: now.get(member.incarnation)?.owned ?? 0,
      slotsReplicated: now.get(member.incarnation)?.replicated ?? 0,
      slotsNext: later === null ? null : (later.get(member.incarnation)?.replicated ?? 0),
    })),
    balance: { max, mean, ratio: mean === 0 ? 1 : max / mean },
  };
}

/** Slots that each seat owns (comes first in) and replicates. */
export function countSlots(
  assignment: Assignment,
): ReadonlyMap<Incarnation, { readonly owned: number; readonly replicated: number }> {
  const table = replicaTable(assignment);
  const owned = new Uint32Array(assignment.seats.length);
  const replicated = new Uint32Array(assignment.seats.length);
  for (let at = 0; at < table.seats.length; at++) {
    const seat = table.seats[at]!;
    replicated[seat]!++;
    if (at % table.width === 0) owned[seat]!++;
  }
  return new Map(
    assignment.seats.map((seat, i) => [
      seat.incarnation,
      { owned: owned[i]!, replicated: replicated[i]! },
    ]),
  );
}

/** Who holds a key now and, during a change, who must acknowledge its writes. */
export function ownerView(document: RingDocument, key: Key): object {
  const slot = slotOf(key, document.slotBits);
  const reads = readSet(document, slot);
  const describe = (incarnation: Incarnation): object => {
    const member = memberOf(document, incarnation);
    return {
      id: member?.id ?? null,
      incarnation,
      zone: member?.zone ?? null,
      address: member?.address ?? null,
    };
  };
  const list = preferenceList(document.current, slot);
  return {
    key: key.text,
    hash: key.high.toString(16).padStart(8, '0') + key.low.toString(16).padStart(8, '0'),
    slot,
    epoch: document.epoch,
    phase: document.phase,
    owner: describe(list[0]!),
    preferenceList: list.map((incarnation) => ({
      ...describe(incarnation),
      replica: reads.includes(incarnation),
    })),
    writeSets: writeSets(document, slot).map((set) => set.map(describe)),
  };
}

/** What one member holds, as far as this node knows. */
export interface MemberCheck {
  readonly id: string;
  readonly incarnation: string;
  /** null: nothing was heard of it. */
  readonly epoch: number | null;
  readonly documentHash: string | null;
  readonly heardMsAgo: number | null;
  readonly verdict: 'agrees' | 'behind' | 'ahead' | 'differs' | 'silent' | 'lost';
}

export interface RingCheck {
  readonly ok: boolean;
  readonly epoch: number;
  readonly documentHash: string;
  /** What is wrong with the ring that this node holds (I9). */
  readonly problems: readonly string[];
  /**
   * Equal hashes mean equal owners, and so equal chains: the ring is computed from the document
   * alone.
   */
  readonly members: readonly MemberCheck[];
}

export function checkRing({
  document,
  report,
  peers,
  nowMs,
  silenceMs,
}: {
  document: RingDocument;
  report: NodeReport;
  peers: readonly PeerView[];
  nowMs: number;
  silenceMs: number;
}): RingCheck {
  const hash = documentHash(document);
  const heard = new Map(peers.map((peer) => [peer.incarnation, peer]));
  heard.set(report.incarnation, {
    incarnation: report.incarnation,
    epoch: document.epoch,
    documentHash: hash,
    heardMs: nowMs,
  });
  const members = document.members.map((member) => {
    const view = heard.get(member.incarnation);
    const heardMsAgo = view === undefined ? null : Math.max(0, nowMs - view.heardMs);
    return {
      id: member.id,
      incarnation: member.incarnation,
      epoch: view?.epoch ?? null,
      documentHash: view?.documentHash ?? null,
      heardMsAgo,
      verdict: member.lost
        ? ('lost' as const)
        : view === undefined || heardMsAgo! > silenceMs
          ? ('silent' as const)
          : view.epoch < document.epoch
            ? ('behind' as const)
            : view.epoch > document.epoch
              ? ('ahead' as const)
              : view.documentHash === hash
                ? ('agrees' as const)
                : ('differs' as const),
    };
  });
  const problems = [...checkDocument(document), ...ownProblems(report)];
  const ok =
    problems.length === 0 && members.every((m) => m.verdict === 'agrees' || m.verdict === 'lost');
  return { ok, epoch: document.epoch, documentHash: hash, problems, members };
}

function ownProblems(report: NodeReport): string[] {
  const problems: string[] = [];
  if (!report.serving)
    problems.push('this node does not serve: the document does not name its incarnation');
  if (report.splitRing)
    problems.push('another document of the same epoch was met: the ring is split');
  if (report.unequalSlots > 0)
    problems.push(`${report.unequalSlots} slots differ from a co-replica's`);
  if (report.uncleanSlots > 0)
    problems.push(`${report.uncleanSlots} slots that moved away are not cleaned up`);
  return problems;
}
