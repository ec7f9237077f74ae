// A look at a ring → what the page shows of it. Pure: no clock but the look's own.
import type { Assignment, Member, RingDocument } from '../../core/api/ring-document.ts';
import { memberOf } from '../../core/membership/document.ts';
import { replicaTable } from '../../core/ring/ring.ts';
import { transfers } from '../../core/ring/transfers.ts';
import type { Handling, Look } from '../console-place.ts';
import type { ObservedNode } from '../planner/observed.ts';
import { operationStatus, slotsHeld } from '../ring-status.ts';
import { conditionOf } from './member-condition.ts';
import { verdictOf } from './verdict.ts';
import type { FiguresView, Flow, MemberView, RingState, SlotMap, SlotTable } from './view.ts';

export interface Beside {
  readonly ring: string;
  readonly handlingOf: (id: string) => Handling | null;
  readonly figuresOf: (id: string) => FiguresView | null;
  /** Of the document that was looked at; see `flowsOf`. */
  readonly flows: readonly Flow[];
}

export function ringState(look: Look, beside: Beside): RingState {
  const { observed, desired, plan } = look;
  const { document } = observed;
  const current = document?.current ?? null;
  const members = memberViews(look, beside);
  const { read, other } = setsOf(document);
  const copies = copiesOf(read, members);
  const elsewhere = copiesOf(other, members);
  const held = members.filter(({ slots }) => slots > 0).map(({ slots }) => slots);
  const mean = held.reduce((sum, slots) => sum + slots, 0) / Math.max(1, held.length);
  const operation = operationStatus(plan.operation, observed.nowMs);
  return {
    ring: beside.ring,
    nowMs: observed.nowMs,
    verdict: verdictOf({ document, copies, elsewhere, operation, plan, desired, members }),
    wanted: desired.replicas,
    paused: desired.paused,
    clusterId: document?.clusterId ?? null,
    epoch: document?.epoch ?? 0,
    phase: document?.phase ?? 'none',
    slots: document === null ? 0 : 1 << document.slotBits,
    replicationFactor: current?.replicationFactor ?? desired.replicationFactor,
    readQuorum: current?.readQuorum ?? desired.readQuorum,
    writeQuorum: current?.writeQuorum ?? desired.writeQuorum,
    layout: current?.layout.kind ?? 'none',
    balance: mean === 0 ? 1 : Math.max(...held) / mean,
    copies,
    keys: keysOf(members, document),
    members,
    operation,
    flows: beside.flows,
    waits: plan.waits.map(({ reason, message, unblock }) => ({ reason, message, unblock })),
  };
}

/** Who holds which slot now and after the change under way; null: there is no ring yet. */
export function slotMap(document: RingDocument | null): SlotMap | null {
  if (document === null) return null;
  return {
    epoch: document.epoch,
    slots: 1 << document.slotBits,
    now: slotTable(document, document.current),
    next: document.next === null ? null : slotTable(document, document.next),
  };
}

/** Slots that go from whom to whom, most first. A slot without a pair comes from the first that has it. */
export function flowsOf(document: RingDocument | null): readonly Flow[] {
  if (document?.next == null) return [];
  const name = (who: Member['incarnation']): string => memberOf(document, who)?.id ?? who;
  const flows = new Map<string, { from: string; to: string; slots: number }>();
  for (const { target, pair, others } of transfers(document.current, document.next)) {
    const source = pair ?? others[0];
    if (source === undefined) continue;
    const [from, to] = [name(source), name(target)];
    const flow = flows.get(`${from} ${to}`) ?? { from, to, slots: 0 };
    flow.slots += 1;
    flows.set(`${from} ${to}`, flow);
  }
  return [...flows.values()].sort((a, b) => b.slots - a.slots);
}

function slotTable(document: RingDocument, assignment: Assignment): SlotTable {
  const { width, seats } = replicaTable(assignment);
  const bytes = Buffer.alloc(seats.length * 2);
  seats.forEach((seat, at) => bytes.writeUInt16LE(seat, at * 2));
  return {
    seats: assignment.seats.map((seat) => memberOf(document, seat.incarnation)?.id ?? ''),
    width,
    table: bytes.toString('base64'),
  };
}

function memberViews({ observed, plan }: Look, beside: Beside): readonly MemberView[] {
  const { document, nodes } = observed;
  const now = slotsHeld(document);
  const next =
    document?.next == null ? null : slotsHeld({ ...document, current: document.next, next: null });
  const owned = slotsOwned(document);
  const epoch = document?.epoch ?? 0;
  const seen = new Set<ObservedNode>();
  const view = (member: Member | null, node: ObservedNode | undefined): MemberView => {
    const id = member?.id ?? node?.id ?? '';
    const who = member?.incarnation ?? node?.report?.incarnation ?? null;
    const report = node?.report ?? null;
    const gains =
      report?.gains != null && report.gains.change === plan.operation?.id ? report.gains : null;
    const told = conditionOf({ member, node, handling: beside.handlingOf(id), gains, epoch });
    return {
      id,
      incarnation: who,
      ...told,
      zone: member?.zone ?? node?.zone ?? '',
      slots: who === null ? 0 : (now.get(who) ?? 0),
      owned: who === null ? 0 : (owned.get(who) ?? 0),
      slotsNext: next === null ? null : who === null ? 0 : (next.get(who) ?? 0),
      load:
        report === null
          ? null
          : {
              keys: report.keys,
              bytes: report.bytes,
              hints: report.hints.items,
              hintBytes: report.hints.bytes,
              epoch: report.epoch,
              diskFreeBytes: report.diskFreeBytes,
              uncleanSlots: report.uncleanSlots,
            },
      gains: gains === null ? null : { covered: gains.covered, needed: gains.needed },
      figures: beside.figuresOf(id),
    };
  };
  const rows = (document?.members ?? []).map((member) => {
    const node = nodes.find(
      ({ id, report }) =>
        id === member.id && (report === null || report.incarnation === member.incarnation),
    );
    if (node !== undefined) seen.add(node);
    return view(member, node);
  });
  return [...rows, ...nodes.filter((node) => !seen.has(node)).map((node) => view(null, node))].sort(
    byName,
  );
}

/** The sets that reads ask, and those that writes must reach besides (protocol §3). */
function setsOf(document: RingDocument | null): Record<'read' | 'other', Assignment | null> {
  if (document === null) return { read: null, other: null };
  const { current, next, phase } = document;
  return phase === 'read-new' ? { read: next, other: current } : { read: current, other: next };
}

function copiesOf(
  assignment: Assignment | null,
  members: readonly MemberView[],
): readonly number[] {
  if (assignment === null) return [];
  const live = new Set(members.filter((member) => member.live).map((m) => m.incarnation));
  const lives = assignment.seats.map(({ incarnation }) => live.has(incarnation));
  const { slots, width, seats } = replicaTable(assignment);
  const counts = Array.from({ length: assignment.replicationFactor + 1 }, () => 0);
  for (let slot = 0; slot < slots; slot++) {
    let copies = 0;
    for (let at = slot * width; at < (slot + 1) * width; at++) if (lives[seats[at]!]) copies += 1;
    counts[copies]! += 1;
  }
  return counts;
}

function slotsOwned(document: RingDocument | null): ReadonlyMap<string, number> {
  const owned = new Map<string, number>();
  if (document === null) return owned;
  const { width, seats } = replicaTable(document.current);
  for (let at = 0; at < seats.length; at += width) {
    const who = document.current.seats[seats[at]!]!.incarnation;
    owned.set(who, (owned.get(who) ?? 0) + 1);
  }
  return owned;
}

/**
 * By what members hold of the slots that are theirs: who is away takes no keys along, and who has not
 * cleaned up yet adds none, while anybody else can be asked.
 */
function keysOf(members: readonly MemberView[], document: RingDocument | null): number {
  const asked = members.filter(({ live, slots, load }) => live && slots > 0 && load !== null);
  const clean = asked.filter(({ load }) => load?.uncleanSlots === 0);
  let [keys, slots] = [0, 0];
  for (const member of clean.length > 0 ? clean : asked) {
    keys += member.load?.keys ?? 0;
    // What a change gives it comes on top.
    slots += member.slots + (member.gains?.covered ?? 0);
  }
  return document === null || slots === 0
    ? 0
    : Math.round((keys / slots) * (1 << document.slotBits));
}

/** dev-2 before dev-10. */
function byName(a: MemberView, b: MemberView): number {
  return a.id.localeCompare(b.id, 'en', { numeric: true });
}
