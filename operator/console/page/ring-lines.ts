// Lines within the ring: what a change moves, who follows a member, and where a slot's copies lie.
import type { VNode } from 'preact';
import type { RingState } from '../view.ts';
import { formatCount } from '../../words.ts';
import { chordPath, point, R } from './geometry.ts';
import type { Sector } from './geometry.ts';
import { html } from './html.ts';
import type { Neighbours } from './slots.ts';

type Places = ReadonlyMap<string, Sector>;

/** More lines than these are a tangle; the largest say enough. */
const FLOWS_MAX = 120;
/** So many are drawn thinner, to be told apart. */
const MANY = 30;

/** From whom to whom slots go now: as wide as they are many; what has arrived is pale. */
export function flowLines({ flows, members, phase }: RingState, places: Places): VNode[] {
  const most = Math.max(1, ...flows.map(({ slots }) => slots));
  const gains = new Map(members.map((member) => [member.id, member.gains]));
  return flows.slice(0, FLOWS_MAX).flatMap(({ from, to, slots }) => {
    const [source, target] = [places.get(from), places.get(to)];
    if (source === undefined || target === undefined || source === target) return [];
    const got = gains.get(to);
    const isDone = phase === 'read-new' || (got != null && got.covered >= got.needed);
    const width = (1 + (5 * slots) / most) * (flows.length > MANY ? 0.5 : 1);
    return [
      html`
        <g class=${`flow${isDone ? ' done' : ''}`} key=${`${from} ${to}`}>
          <path
            class="flow-bed"
            d=${chordPath(source.middle, target.middle, R.lines, R.lines)}
            stroke-width=${width}
          />
          <path
            class="flow-run"
            d=${chordPath(source.middle, target.middle, R.lines, R.lines)}
            stroke-width=${Math.max(1.2, width * 0.55)}
          >
            <title>${`${formatCount(slots)} slots from ${from} to ${to}`}</title>
          </path>
        </g>
      `,
    ];
  });
}

export function neighbourLines(id: string, { successors }: Neighbours, places: Places): VNode[] {
  const source = places.get(id);
  if (source === undefined) return [];
  const most = Math.max(1, ...successors.map(({ slots }) => slots));
  return successors.flatMap((next) => {
    const target = places.get(next.id);
    if (target === undefined) return [];
    return [
      html`<path
        class="follow"
        key=${next.id}
        d=${chordPath(source.middle, target.middle, R.lines, R.lines)}
        stroke-width=${0.8 + (2.4 * next.slots) / most}
      />`,
    ];
  });
}

/** From the slot's place on the band to its members, the owner's line the strongest. */
export function slotLines(
  chosen: { readonly slot: number; readonly list: readonly string[] },
  slots: number,
  places: Places,
): VNode {
  const turn = (chosen.slot + 0.5) / slots;
  const [x, y] = point(turn, R.slots);
  return html`
    <g class="chosen-slot">
      ${chosen.list.map((id, i) => {
        const target = places.get(id);
        return (
          target !== undefined &&
          html`<path
            class=${`to-copy${i === 0 ? ' owner' : ''}`}
            key=${id}
            d=${chordPath(turn, target.middle, R.lines, R.lines + 40)}
          />`
        );
      })}
      <circle class="pin" cx=${x} cy=${y} r="6.5" />
    </g>
  `;
}
