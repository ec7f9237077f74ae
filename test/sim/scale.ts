// What routing, gossip and rebalancing cost on paper scale: successor lists with fingers (Chord 2001;
// O(log N)) beside full membership in one document, as this ring has it.
import { incarnation, nodeId, zone } from '../../core/api/ids.ts';
import type { Assignment, RingDocument, Seat } from '../../core/api/ring-document.ts';
import { HEARTBEAT_TICKS, SLOT_BITS, SLOT_BITS_MAX, TICK_MS } from '../../core/limits.ts';
import { encodeDocument } from '../../core/membership/document.ts';
import { claim } from '../../core/ring/claim.ts';
import { replicaTable } from '../../core/ring/ring.ts';
import { seededRng, type Rng } from '../../core/rng.ts';
import { atRest } from '../core/membership/at-rest.ts';

export interface ScaleRow {
  readonly members: number;
  readonly slots: number;
  /** Mean and largest number of messages that one lookup takes. */
  readonly fingerHops: { readonly mean: number; readonly most: number };
  readonly fullHops: number;
  /** Entries (peer and address) that one node keeps. */
  readonly fingerState: number;
  readonly fullState: number;
  /** Bytes that one node sends per second while nothing changes. */
  readonly fingerGossip: number;
  readonly fullGossip: number;
  readonly documentBytes: number;
  /** Replicas of slots that one more member moves, and the least that must move. */
  readonly moved: number;
  readonly least: number;
}

const N = 3;
const SUCCESSORS = 8;
const LOOKUPS = 20_000;
const SPACE = 2 ** 32;
/** Slots per member aimed at; more than 2^SLOT_BITS_MAX are never made. */
const SLOTS_PER_MEMBER = 64;
/** bytes of one heart-beat frame: two identities, epoch, hash, clock, length. */
const HEARTBEAT_BYTES = 64;
/** bytes of one routing entry as it travels: identity and address. */
const ENTRY_BYTES = 32;
/** A fresh claim beyond it takes minutes; a dealt ring stands in for it, the join is claimed as ever. */
const FRESH_CLAIM_MAX = 300;

export function measureScale(members: number): ScaleRow {
  const slotBits = Math.min(
    SLOT_BITS_MAX,
    Math.max(SLOT_BITS, Math.ceil(Math.log2(members * SLOTS_PER_MEMBER))),
  );
  const ring = new FingerRing(members, seededRng(members));
  const before = assignmentOf(members, slotBits);
  const joined = claim({
    from: before,
    seats: [...before.seats, seatOf(members)],
    slotBits,
    replicationFactor: N,
    readQuorum: 2,
    writeQuorum: 2,
  });
  const beats = 1000 / (HEARTBEAT_TICKS * TICK_MS);
  const hops = ring.measure(LOOKUPS);
  const fingers = ring.meanFingers();
  return {
    members,
    slots: 1 << slotBits,
    fingerHops: hops,
    // Whoever is asked knows the owner: one message unless it is a replica itself.
    fullHops: 1 - Math.min(1, N / members),
    fingerState: fingers + SUCCESSORS,
    fullState: members - 1,
    fingerGossip:
      beats * (2 * HEARTBEAT_BYTES + SUCCESSORS * ENTRY_BYTES + hops.mean * HEARTBEAT_BYTES),
    fullGossip: beats * (members - 1) * HEARTBEAT_BYTES,
    documentBytes: encodeDocument(documentOf(before, slotBits)).length,
    moved: movedBetween(before, joined),
    least: ((1 << slotBits) * N) / (members + 1),
  };
}

/** The table as Markdown. */
export function scaleTable(rows: readonly ScaleRow[]): string {
  const head = [
    'members',
    'slots',
    'hops: fingers (most)',
    'hops: full',
    'state: fingers',
    'state: full',
    'gossip B/s: fingers',
    'gossip B/s: full',
    'document',
    'slots moved by a join (least)',
  ];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const body = rows.map((row) =>
    line([
      String(row.members),
      String(row.slots),
      `${row.fingerHops.mean.toFixed(1)} (${row.fingerHops.most})`,
      row.fullHops.toFixed(2),
      row.fingerState.toFixed(0),
      String(row.fullState),
      row.fingerGossip.toFixed(0),
      row.fullGossip.toFixed(0),
      `${(row.documentBytes / 1024).toFixed(0)} KiB`,
      `${row.moved} (${row.least.toFixed(1)})`,
    ]),
  );
  return [line(head), line(head.map(() => '---')), ...body].join('\n');
}

/** Chord: each node knows its next successors and, per power of two, the first node that far away. */
class FingerRing {
  private readonly ids: Float64Array;
  private readonly fingers: Uint32Array[];
  private readonly rng: Rng;

  constructor(members: number, rng: Rng) {
    this.rng = rng;
    const drawn = new Set<number>();
    while (drawn.size < members) drawn.add(rng.below(SPACE));
    this.ids = Float64Array.from(drawn).sort();
    this.fingers = Array.from(this.ids, (id, node) => this.knownTo(node, id));
  }

  private knownTo(node: number, id: number): Uint32Array {
    const known = new Set<number>();
    for (let i = 1; i <= SUCCESSORS; i++) known.add((node + i) % this.ids.length);
    for (let bit = 0; bit < 32; bit++) known.add(this.successor((id + 2 ** bit) % SPACE));
    known.delete(node);
    return Uint32Array.from(known);
  }

  /** The first node at or after the position. */
  private successor(position: number): number {
    let low = 0,
      high = this.ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ids[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return low % this.ids.length;
  }

  meanFingers(): number {
    let total = 0;
    for (const known of this.fingers) total += Math.max(0, known.length - SUCCESSORS);
    return total / this.fingers.length;
  }

  measure(lookups: number): { mean: number; most: number } {
    let total = 0,
      most = 0;
    for (let i = 0; i < lookups; i++) {
      const hops = this.hops(this.rng.below(this.ids.length), this.rng.below(SPACE));
      total += hops;
      most = Math.max(most, hops);
    }
    return { mean: total / lookups, most };
  }

  /** Greedily to the known node that is closest before the key, until the owner is reached. */
  private hops(from: number, position: number): number {
    const owner = this.successor(position);
    let node = from,
      hops = 0;
    while (node !== owner) {
      node = this.nextHop(node, owner);
      hops++;
    }
    return hops;
  }

  private nextHop(node: number, owner: number): number {
    const here = this.ids[node]!;
    const ahead = (other: number): number => (this.ids[other]! - here + SPACE) % SPACE;
    const whole = ahead(owner);
    let best = (node + 1) % this.ids.length;
    for (const known of this.fingers[node]!) {
      if (ahead(known) <= whole && ahead(known) > ahead(best)) best = known;
    }
    return best;
  }
}

function seatOf(ordinal: number): Seat {
  return {
    incarnation: incarnation((ordinal + 2 ** 40).toString(16).padStart(16, '0')),
    zone: zone('zone-0'),
  };
}

function assignmentOf(members: number, slotBits: number): Assignment {
  const seats = Array.from({ length: members }, (_, i) => seatOf(i));
  const quorums = { replicationFactor: N, readQuorum: 2, writeQuorum: 2 };
  if (members <= FRESH_CLAIM_MAX) return claim({ from: null, seats, slotBits, ...quorums });
  const owners = Uint16Array.from({ length: 1 << slotBits }, (_, slot) => slot % members);
  return { layout: { kind: 'flat' }, ...quorums, seats, owners: [owners] };
}

function documentOf(current: Assignment, slotBits: number): RingDocument {
  return atRest({
    slotBits,
    members: current.seats.map((seat, i) => ({
      id: nodeId(`ring-${i}`),
      incarnation: seat.incarnation,
      zone: seat.zone,
      state: 'serving',
      lost: false,
      address: `ring-${i}.ring.default.svc:8082`,
    })),
    current,
  });
}

function movedBetween(before: Assignment, after: Assignment): number {
  const from = replicaTable(before),
    to = replicaTable(after);
  let moved = 0;
  for (let slot = 0; slot < from.slots; slot++) {
    const had = new Set<string>();
    for (let i = slot * from.width; i < (slot + 1) * from.width; i++)
      had.add(before.seats[from.seats[i]!]!.incarnation);
    for (let i = slot * to.width; i < (slot + 1) * to.width; i++) {
      if (!had.has(after.seats[to.seats[i]!]!.incarnation)) moved++;
    }
  }
  return moved;
}
