// Where things stand on the drawn ring. Angles are turns, 0 … 1, clockwise from the top; pure.

/** Radii of the drawing, in its own units; half of its width is 320. */
export const R = { outer: 252, inner: 206, zone: 194, slots: 176, lines: 162, hub: 76 } as const;

export interface Sector {
  readonly id: string;
  readonly zone: string;
  readonly from: number;
  readonly until: number;
  readonly middle: number;
}

/** Members side by side, those of a zone together, each with an equal part of the circle. */
export function sectorsOf(members: readonly { id: string; zone: string }[]): readonly Sector[] {
  const zones = [...new Set(members.map(({ zone }) => zone))].sort();
  const ordered = zones.flatMap((zone) => members.filter((member) => member.zone === zone));
  const part = 1 / Math.max(1, ordered.length);
  const gap = ordered.length < 2 ? 0 : Math.min(0.008, part * 0.16);
  return ordered.map(({ id, zone }, i) => {
    const [from, until] = [i * part + gap / 2, (i + 1) * part - gap / 2];
    return { id, zone, from, until, middle: (from + until) / 2 };
  });
}

/** Members that may come, each in the zone that has the fewest by then, as the forecast counts them. */
export function withGuests(
  members: readonly { id: string; zone: string }[],
  guests: readonly string[],
): readonly { id: string; zone: string }[] {
  const sizes = new Map<string, number>();
  for (const { zone } of members) sizes.set(zone, (sizes.get(zone) ?? 0) + 1);
  const all = [...members];
  for (const id of guests) {
    const [zone] = [...sizes].sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1))[0] ?? [''];
    sizes.set(zone, (sizes.get(zone) ?? 0) + 1);
    all.push({ id, zone });
  }
  return all;
}

/** The arcs of the zones; none where all members stand in one. */
export function zoneArcs(
  sectors: readonly Sector[],
): readonly { zone: string; from: number; until: number }[] {
  const arcs: { zone: string; from: number; until: number }[] = [];
  for (const { zone, from, until } of sectors) {
    const last = arcs.at(-1);
    if (last?.zone === zone) last.until = until;
    else arcs.push({ zone, from, until });
  }
  return arcs.length < 2 ? [] : arcs;
}

export function point(turn: number, radius: number): readonly [number, number] {
  const angle = (turn - 0.25) * 2 * Math.PI;
  return [round(radius * Math.cos(angle)), round(radius * Math.sin(angle))];
}

function round(n: number): number {
  return Math.round(n * 100) / 100;
}

/** A piece of a ring between two radii. */
export function sectorPath(from: number, until: number, inner: number, outer: number): string {
  // A whole circle has no two ends that an arc could join.
  const end = Math.min(until, from + 0.9999);
  const large = end - from > 0.5 ? 1 : 0;
  const [a, b] = [point(from, outer).join(' '), point(end, outer).join(' ')];
  const [c, d] = [point(end, inner).join(' '), point(from, inner).join(' ')];
  return `M${a}A${outer} ${outer} 0 ${large} 1 ${b}L${c}A${inner} ${inner} 0 ${large} 0 ${d}Z`;
}

/** A line along the circle; `backwards` for text in the lower half, which would stand on its head. */
export function arcPath(from: number, until: number, radius: number, backwards = false): string {
  const end = Math.min(until, from + 0.9999);
  const large = end - from > 0.5 ? 1 : 0;
  const [a, b] = [point(from, radius).join(' '), point(end, radius).join(' ')];
  return backwards
    ? `M${b}A${radius} ${radius} 0 ${large} 0 ${a}`
    : `M${a}A${radius} ${radius} 0 ${large} 1 ${b}`;
}

/** A line through the inside, the deeper the farther its ends are apart, but never across the hub. */
export function chordPath(from: number, to: number, start: number, end: number): string {
  const [x1, y1] = point(from, start);
  const [x2, y2] = point(to, end);
  const apart = (0.5 - Math.abs(((((to - from) % 1) + 1) % 1) - 0.5)) * 2;
  const mean = (start + end) / 2;
  const depth = Math.max(R.hub + 16, mean * (0.95 - 0.6 * apart));
  // Where a curve with this control point is in its middle, half as far as the point and half on the chord.
  const control = 2 * depth - mean * Math.cos((apart * Math.PI) / 2);
  const [cx, cy] = point(halfWay(from, to), control);
  return `M${x1} ${y1}Q${cx} ${cy} ${x2} ${y2}`;
}

/** The turn in the middle of the shorter way. */
function halfWay(a: number, b: number): number {
  const middle = (a + b) / 2;
  return Math.abs(a - b) > 0.5 ? (middle + 0.5) % 1 : middle;
}

/** Neighbouring bins of one kind as arcs, for kinds above 0. */
export function runsOf(
  bins: Uint8Array,
): readonly { readonly kind: number; readonly from: number; readonly until: number }[] {
  const runs: { kind: number; from: number; until: number }[] = [];
  for (let at = 0; at < bins.length;) {
    let end = at + 1;
    while (end < bins.length && bins[end] === bins[at]) end++;
    if (bins[at]! > 0)
      runs.push({ kind: bins[at]!, from: at / bins.length, until: end / bins.length });
    at = end;
  }
  return runs;
}
