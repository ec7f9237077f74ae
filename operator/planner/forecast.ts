// What a change would move: slots, keys and bytes that each member gives and gets, before the act.
import type { NodeLoad } from '../../core/api/admin.ts';
import { incarnation, zone } from '../../core/api/ids.ts';
import type { Incarnation, NodeId, Zone } from '../../core/api/ids.ts';
import type { Assignment, RingDocument, Seat } from '../../core/api/ring-document.ts';
import { claim } from '../../core/ring/claim.ts';
import { replicaTable } from '../../core/ring/ring.ts';
import { memberOf } from '../../core/membership/document.ts';
import type { Desired, Observed } from './observed.ts';
import { naturalLayout } from './candidate.ts';
import { NO_RULES_OFF } from '../../core/replica/rules.ts';
import { worldOf } from './world.ts';

export interface Amount {
  readonly slots: number;
  readonly keys: number;
  readonly bytes: number;
}

/** What a member gives and gets by the change that the desired state asks for. */
export interface MemberForecast {
  readonly id: string;
  readonly gives: Amount;
  readonly gets: Amount;
}

type Loads = ReadonlyMap<Incarnation, NodeLoad>;

/**
 * The forecast of the desired state, gates apart: of the change under way where there is one. Nodes
 * that do not exist yet are counted as well, in the zone with the fewest members. Ascending by id;
 * members that nothing happens to have zeros.
 */
export function forecast(desired: Desired, observed: Observed): readonly MemberForecast[] {
  const { document } = observed;
  if (document === null) return [];
  const { next, ids } =
    document.next === null
      ? wishedAssignment(desired, observed, document)
      : { next: document.next, ids: new Map<Incarnation, NodeId>() };
  const moves = movesOf(document.current, next, observed.loads);
  const seats = new Set([...document.current.seats, ...next.seats].map((seat) => seat.incarnation));
  const nothing = { gives: NOTHING, gets: NOTHING };
  return [...seats]
    .map((seat) => ({
      id: memberOf(document, seat)?.id ?? ids.get(seat) ?? seat,
      ...(moves.get(seat) ?? nothing),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What moves from one ring to another. Keys and bytes are those of the holder that knows most. */
export function movesOf(
  from: Assignment,
  to: Assignment,
  loads: Loads,
): ReadonlyMap<Incarnation, { readonly gives: Amount; readonly gets: Amount }> {
  const [before, after] = [replicaTable(from), replicaTable(to)];
  const moves = new Map<Incarnation, { gives: Amount; gets: Amount }>();
  const add = (who: Incarnation, direction: 'gives' | 'gets', slot: Amount) => {
    const known = moves.get(who) ?? { gives: NOTHING, gets: NOTHING };
    moves.set(who, { ...known, [direction]: sum(known[direction], slot) });
  };
  for (let slot = 0; slot < before.slots; slot++) {
    const old = holders(from, before, slot);
    const now = holders(to, after, slot);
    const gained = now.filter((member) => !old.includes(member));
    const lost = old.filter((member) => !now.includes(member));
    if (gained.length === 0 && lost.length === 0) continue;
    const amount = slotLoad(old, slot, loads);
    for (const member of gained) add(member, 'gets', amount);
    for (const member of lost) add(member, 'gives', amount);
  }
  return moves;
}

const NOTHING: Amount = { slots: 0, keys: 0, bytes: 0 };

const sum = (a: Amount, b: Amount): Amount => ({
  slots: a.slots + b.slots,
  keys: a.keys + b.keys,
  bytes: a.bytes + b.bytes,
});

function holders(
  ring: Assignment,
  { width, seats }: ReturnType<typeof replicaTable>,
  slot: number,
): Incarnation[] {
  return Array.from(
    seats.subarray(slot * width, (slot + 1) * width),
    (seat) => ring.seats[seat]!.incarnation,
  );
}

/** Keys and bytes of a slot as the one of these members has it that knows most. */
export function slotLoad(members: readonly Incarnation[], slot: number, loads: Loads): Amount {
  let [keys, bytes] = [0, 0];
  for (const member of members) {
    keys = Math.max(keys, loads.get(member)?.keys[slot] ?? 0);
    bytes = Math.max(bytes, loads.get(member)?.bytes[slot] ?? 0);
  }
  return { slots: 1, keys, bytes };
}

/** The ring that the desired state comes to once every node is there. */
function wishedAssignment(desired: Desired, observed: Observed, document: RingDocument) {
  const world = worldOf(desired, observed, document, NO_RULES_OFF);
  const seats: Seat[] = [];
  const ids = new Map<Incarnation, NodeId>();
  for (const id of world.wished) {
    const seat = document.current.seats.find(({ incarnation: who }) => {
      const member = memberOf(document, who);
      return member?.id === id && !member.lost;
    });
    const joiner = incarnation(`joins as ${id}`);
    seats.push(
      seat ?? {
        incarnation: joiner,
        zone: world.nodes.get(id)?.zone ?? emptiestZone(document, seats),
      },
    );
    if (seat === undefined) ids.set(joiner, id);
  }
  const { replicationFactor, readQuorum, writeQuorum } = desired;
  const layout =
    document.current.layout.kind === 'flat' ? 'flat' : naturalLayout(seats, replicationFactor);
  const next = claim({
    from: document.current,
    seats,
    slotBits: document.slotBits,
    layout,
    replicationFactor,
    readQuorum,
    writeQuorum,
  });
  return { next, ids };
}

function emptiestZone({ current }: RingDocument, seats: readonly Seat[]): Zone {
  const zones = [...new Set(current.seats.map((seat) => seat.zone))];
  const size = (name: Zone) => seats.filter((seat) => seat.zone === name).length;
  return zones.sort((a, b) => size(a) - size(b) || (a < b ? -1 : 1))[0] ?? zone('');
}
