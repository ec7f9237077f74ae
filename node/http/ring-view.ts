// The ring as clients see it: members, what each holds, balance, who owns a key. Pure: computed from
// a document.
import type { Incarnation } from '../../core/api/ids.ts';
import type { Key } from '../../core/api/object.ts';
import type { Assignment, Member, RingDocument } from '../../core/api/ring-document.ts';
import { documentHash, memberOf, readSet, writeSets } from '../../core/membership/document.ts';
import { slotOf } from '../../core/ring/hash.ts';
import { preferenceList } from '../../core/ring/placement.ts';
import { replicaTable } from '../../core/ring/ring.ts';

export interface MemberView {
  readonly id: string;
  readonly incarnation: Incarnation;
  readonly address: string;
  /** host:port for clients, where members lie alike: clients prove it by X-Ring-Cluster. */
  readonly clientAddress: string;
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

/**
 * `clientPortOffset`: what a peer port and the client port beside it differ by. The document names
 * peer ports only; both platforms give all members the same distance.
 */
export function ringView(document: RingDocument, clientPortOffset: number): RingView {
  let view = views.get(document);
  if (view === undefined) views.set(document, (view = computeView(document, clientPortOffset)));
  return view;
}

function besidePort(address: string, offset: number): string {
  const at = address.lastIndexOf(':') + 1;
  return `${address.slice(0, at)}${Number(address.slice(at)) + offset}`;
}

function computeView(document: RingDocument, clientPortOffset: number): RingView {
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
      clientAddress: besidePort(member.address, clientPortOffset),
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
