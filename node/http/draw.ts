// The ring as a picture: SVG. Pure drawing from a document; its graph is in draw-graph.ts.
import type { Member, RingDocument } from '../../core/api/ring-document.ts';
import { memberOf } from '../../core/membership/document.ts';
import { titleOf } from './draw-graph.ts';
import { countSlots } from './ring-view.ts';

const SIZE = 640;
const CENTRE = SIZE / 2;
const OUTER = 250;
/** Width of one owner array's band, and the gap to the next. */
const BAND = 40;
const GAP = 6;
const LEGEND_ROW = 18;

/** Hues a golden angle apart: neighbours in the list never look alike. */
function colourOf(seat: number): string {
  return `hsl(${Math.round((seat * 137.508) % 360)} 60% 55%)`;
}

/** One band an owner array, one arc a run of slots with the same owner, clockwise from the top. */
export function ringSvg(document: RingDocument): string {
  const { current } = document;
  const height = SIZE + LEGEND_ROW * (current.seats.length + 1);
  const bands = current.owners.map((owners, i) => band(owners, OUTER - i * (BAND + GAP)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${height}" ` +
      `width="${SIZE}" height="${height}"` +
      ` role="img" font-family="sans-serif" font-size="13">`,
    `<title>${escapeText(titleOf(document))}</title>`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...bands,
    ...centreText(document),
    ...legend(document),
    '</svg>',
    '',
  ].join('\n');
}

function band(owners: Uint16Array, radius: number): string {
  const slots = owners.length;
  const arcs: string[] = [];
  for (let from = 0; from < slots;) {
    let until = from + 1;
    while (until < slots && owners[until] === owners[from]) until++;
    arcs.push(
      arc({ from: from / slots, until: until / slots, radius, fill: colourOf(owners[from]!) }),
    );
    from = until;
  }
  return `<g>${arcs.join('')}</g>`;
}

interface Arc {
  /** Turns of the circle, 0 … 1. */
  readonly from: number;
  readonly until: number;
  readonly radius: number;
  readonly fill: string;
}

function arc({ from, until, radius, fill }: Arc): string {
  // A whole circle has no two ends that an arc could join.
  const end = Math.min(until, from + 0.99999);
  const large = end - from > 0.5 ? 1 : 0;
  const inner = radius - BAND;
  const [a, b, c, d] = [
    point(from, radius),
    point(end, radius),
    point(end, inner),
    point(from, inner),
  ];
  return (
    `<path fill="${fill}" d="M${a}A${radius} ${radius} 0 ${large} 1 ${b}` +
    `L${c}A${inner} ${inner} 0 ${large} 0 ${d}Z"/>`
  );
}

function point(turn: number, radius: number): string {
  const angle = (turn - 0.25) * 2 * Math.PI;
  const round = (n: number): number => Math.round(n * 100) / 100;
  return `${round(CENTRE + radius * Math.cos(angle))} ${round(CENTRE + radius * Math.sin(angle))}`;
}

function centreText(document: RingDocument): string[] {
  const { replicationFactor } = document.current;
  const lines = [
    `epoch ${document.epoch}, ${document.phase}`,
    `${1 << document.slotBits} slots, N=${replicationFactor}`,
    document.change?.summary ?? '',
  ];
  return lines
    .filter((line) => line !== '')
    .map(
      (line, i) =>
        `<text x="${CENTRE}" y="${CENTRE + (i - 1) * LEGEND_ROW}" ` +
        `text-anchor="middle">${escapeText(line)}</text>`,
    );
}

function legend(document: RingDocument): string[] {
  const counts = countSlots(document.current);
  return document.current.seats.map((seat, i) => {
    const member = memberOf(document, seat.incarnation);
    const { owned, replicated } = counts.get(seat.incarnation) ?? { owned: 0, replicated: 0 };
    const y = SIZE + i * LEGEND_ROW;
    const text =
      `${member?.id ?? seat.incarnation} (${seat.zone}, ${stateOf(member)}): ` +
      `owns ${owned}, holds ${replicated} slots`;
    return (
      `<rect x="40" y="${y}" width="12" height="12" fill="${colourOf(i)}"/>` +
      `<text x="60" y="${y + 11}">${escapeText(text)}</text>`
    );
  });
}

function stateOf(member: Member | undefined): string {
  return member === undefined ? 'unnamed' : member.lost ? 'lost' : member.state;
}

function escapeText(text: string): string {
  return text.replace(/[<>&"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
