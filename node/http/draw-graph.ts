// The ring as a graph, for Graphviz and Mermaid: members, and whose slots are followed by whose in the
// replica sets. Pure drawing from a document.
import type { Assignment, RingDocument } from '../../core/api/ring-document.ts';
import { memberOf } from '../../core/membership/document.ts';
import { replicaTable } from '../../core/ring/ring.ts';
import { countSlots } from './ring-view.ts';

interface Graph {
  readonly title: string;
  /** The lines of each seat's label, in seat order. */
  readonly nodes: readonly (readonly string[])[];
  readonly edges: readonly Edge[];
}

/** `to` follows `from` in the sets of so many slots; both are seats. */
interface Edge {
  readonly from: number;
  readonly to: number;
  readonly slots: number;
}

export function ringDot(document: RingDocument): string {
  const { title, nodes, edges } = graphOf(document);
  return [
    'digraph ring {',
    '  layout=circo;',
    `  label="${escapeDot(title)}";`,
    '  node [shape=box, style=rounded];',
    ...nodes.map((lines, i) => `  n${i} [label="${lines.map(escapeDot).join('\\n')}"];`),
    ...edges.map(({ from, to, slots }) => {
      // The pen is as wide as they follow one another often.
      const width = Math.max(0.5, (slots / (1 << document.slotBits)) * 12).toFixed(2);
      return `  n${from} -> n${to} [penwidth=${width}, tooltip="${slots} slots"];`;
    }),
    '}',
    '',
  ].join('\n');
}

/** Edges say their slots, since Mermaid draws all lines alike. */
export function ringMermaid(document: RingDocument): string {
  const { title, nodes, edges } = graphOf(document);
  return [
    '---',
    `title: ${JSON.stringify(title)}`,
    '---',
    'flowchart LR',
    ...nodes.map((lines, i) => `  n${i}(["${lines.map(escapeMermaid).join('<br/>')}"])`),
    ...edges.map(({ from, to, slots }) => `  n${from} -- ${slots} --> n${to}`),
    '',
  ].join('\n');
}

export function titleOf({ clusterId, epoch, phase }: RingDocument): string {
  return `ring ${clusterId}, epoch ${epoch}, ${phase}`;
}

function graphOf(document: RingDocument): Graph {
  const { current } = document;
  const counts = countSlots(current);
  return {
    title: titleOf(document),
    nodes: current.seats.map(({ incarnation, zone }) => {
      const { owned, replicated } = counts.get(incarnation) ?? { owned: 0, replicated: 0 };
      const name = memberOf(document, incarnation)?.id ?? incarnation;
      return [name, zone, `owns ${owned}, holds ${replicated}`];
    }),
    edges: followers(current),
  };
}

function followers(assignment: Assignment): readonly Edge[] {
  const table = replicaTable(assignment);
  const seats = assignment.seats.length;
  const counts = new Map<number, number>();
  if (table.width < 2) return [];
  for (let slot = 0; slot < table.slots; slot++) {
    const at = slot * table.width;
    const pair = table.seats[at]! * seats + table.seats[at + 1]!;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return [...counts].map(([pair, slots]) => ({
    from: Math.floor(pair / seats),
    to: pair % seats,
    slots,
  }));
}

function escapeDot(text: string): string {
  return text.replace(/["\\]/g, (c) => `\\${c}`);
}

/** Mermaid's own entities: what it could read as markup, a quote or an entity, and line ends. */
function escapeMermaid(text: string): string {
  return text.replace(/[^\p{L}\p{N} .,:_/@-]/gu, (c) => `#${c.codePointAt(0)!};`);
}
