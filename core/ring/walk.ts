// The flat layout's rule in one place: who the next distinct seats clockwise are, unseen zones
// preferred. The ring reads it, the claim searches with it.

/** What a walk needs to know of the seats. */
export interface WalkRule {
  /** Members of a replica set: min(N, seats). */
  readonly width: number;
  /** Distinct zones that each set must span: min(width, zones). */
  readonly zonesNeeded: number;
  /** Seat → number of its zone. */
  readonly zoneOf: Uint16Array;
}

/** The rule for seats in these zones at replication factor N. */
export function walkRule(zones: readonly string[], replicationFactor: number): WalkRule {
  const numbers = new Map<string, number>();
  for (const zone of zones) if (!numbers.has(zone)) numbers.set(zone, numbers.size);
  const width = Math.min(replicationFactor, zones.length);
  return {
    width,
    zonesNeeded: Math.min(width, numbers.size),
    zoneOf: Uint16Array.from(zones, (zone) => numbers.get(zone)!),
  };
}

/**
 * Writes the replica set of `slot` to `sets` (row `slot`, rule.width wide), in the order met: the
 * owner, then each next distinct seat that shows a new zone or fits beside the zones still needed.
 * A seat that owns no slot is met after the full circle, in seat order, so that a set is always
 * full (I9). Returns how many slots the walk looked at; no owner beyond them matters.
 */
export function walkSlot(
  rule: WalkRule,
  owners: Uint16Array,
  sets: Uint16Array,
  slot: number,
): number {
  const { width, zonesNeeded, zoneOf } = rule;
  const slots = owners.length;
  const row = slot * width;
  let spare = width - zonesNeeded;
  let end = row;
  for (let step = 0; step < slots + zoneOf.length; step++) {
    const seat = step < slots ? owners[(slot + step) & (slots - 1)]! : step - slots;
    const zone = zoneOf[seat]!;
    let isNewZone = true;
    let at = row;
    for (; at < end && sets[at] !== seat; at++) {
      if (zoneOf[sets[at]!] === zone) isNewZone = false;
    }
    if (at < end || (!isNewZone && spare === 0)) continue;
    if (!isNewZone) spare--;
    sets[end++] = seat;
    if (end === row + width) return Math.min(step + 1, slots);
  }
  return slots;
}
