// The members on the circle. One tab stop for all of them: arrow keys go on to the next.
import type { VNode } from 'preact';
import type { MemberView } from '../view.ts';
import { point, R, sectorPath } from './geometry.ts';
import type { Sector } from './geometry.ts';
import { html } from './html.ts';
import { labelOfCondition } from './shared.ts';

export interface SectorsProps {
  readonly sectors: readonly Sector[];
  readonly members: ReadonlyMap<string, MemberView>;
  readonly fates: ReadonlyMap<string, 'joins' | 'leaves'>;
  readonly pointed: string | null;
  readonly point: (id: string | null) => void;
  readonly open: (id: string) => void;
  /** Members that hold the chosen slot, owner first. */
  readonly marked: readonly string[];
  /** Successors of the one pointed at. */
  readonly related: ReadonlySet<string>;
}

/** With more members than these, names stand along the radius; with yet more, only numbers do. */
const NAMES_LEVEL = 14;
const NAMES_MAX = 40;

export function memberSectors(props: SectorsProps): VNode {
  const { sectors, pointed } = props;
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const own = (event.target as SVGElement).closest<SVGElement>('[data-at]');
    if (own === null) return;
    const at = Number(own.dataset['at']);
    if (event.key === 'Enter' || event.key === ' ') props.open(sectors[at]!.id);
    else if (step === undefined) return;
    else {
      const next = (at + step + sectors.length) % sectors.length;
      own.parentElement?.querySelector<SVGElement>(`[data-at="${next}"]`)?.focus();
    }
    event.preventDefault();
  };
  return html`
    <g class="members" onKeyDown=${onKeyDown}>
      ${sectors.map((sector, at) => one(props, sector, { at, isStop: pointed === null ? at === 0 : sector.id === pointed }))}
    </g>
  `;
}

function one(
  props: SectorsProps,
  sector: Sector,
  { at, isStop }: { readonly at: number; readonly isStop: boolean },
): VNode {
  const { members, fates, pointed, related, marked } = props;
  const member = members.get(sector.id);
  const fate = fates.get(sector.id);
  const order = marked.indexOf(sector.id);
  const classes = [
    'member',
    member === undefined ? 'ghost' : member.condition,
    fate === 'leaves' ? 'would-leave' : '',
    pointed === sector.id ? 'pointed' : '',
    pointed !== null && pointed !== sector.id && !related.has(sector.id) ? 'aside' : '',
    marked.length > 0 && order < 0 ? 'aside' : '',
  ];
  const [bx, by] = point(sector.middle, (R.outer + R.inner) / 2);
  return html`
    <g
      key=${sector.id}
      class=${classes.filter(Boolean).join(' ')}
      data-at=${at}
      data-member=${sector.id}
      role="link"
      tabindex=${isStop ? 0 : -1}
      aria-label=${labelOf(sector, member)}
      onClick=${() => {
        if (member !== undefined) props.open(sector.id);
      }}
      onPointerEnter=${() => {
        props.point(sector.id);
      }}
      onPointerLeave=${() => {
        props.point(null);
      }}
      onFocus=${() => {
        props.point(sector.id);
      }}
      onBlur=${() => {
        props.point(null);
      }}
    >
      <path class="seat" d=${sectorPath(sector.from, sector.until, R.inner, R.outer)} />
      <path class="fill" d=${sectorPath(sector.from, sector.until, R.inner, fillRadius(member))} />
      ${
        order >= 0 &&
        html`<g class="badge">
          <circle cx=${bx} cy=${by} r="13" />
          <text x=${bx} y=${by}>${order + 1}</text>
        </g>`
      }
      ${name(sector, member, props.sectors.length)}
    </g>
  `;
}

function labelOf(sector: Sector, member: MemberView | undefined): string {
  return member === undefined
    ? `${sector.id} would join`
    : `${sector.id}, ${member.words}, ${member.slots} slots${sector.zone === '' ? '' : `, zone ${sector.zone}`}`;
}

/** A member that gains slots fills up with them. */
function fillRadius(member: MemberView | undefined): number {
  if (member === undefined) return R.inner;
  const { gains, condition } = member;
  const share =
    condition === 'joining' || condition === 'starting'
      ? gains === null
        ? 0
        : gains.covered / Math.max(1, gains.needed)
      : 1;
  return R.inner + (R.outer - R.inner) * Math.max(0.06, share);
}

/** There is room for eight letters or nine; the number is what tells members of one ring apart. */
function shortName(id: string): string {
  return id.length <= 9 ? id : `…${/-\d+$/.exec(id)?.[0] ?? id.slice(-7)}`;
}

function name({ id, middle }: Sector, member: MemberView | undefined, members: number): VNode {
  const plain = member?.condition === 'serving';
  const words = member === undefined ? 'would join' : labelOfCondition(member);
  if (members <= NAMES_LEVEL) {
    const [x, y] = point(middle, R.outer + 14);
    const anchor = Math.abs(x) < 40 ? 'middle' : x > 0 ? 'start' : 'end';
    const lift = Math.abs(x) < 40 ? (y < 0 ? 0 : 10) : 4;
    // Its second line must not lie on the ring.
    const up = !plain && y < -60 ? 15 : 0;
    return html`
      <text class="name" x=${x} y=${y + lift - up} text-anchor=${anchor}>
        ${shortName(id)}${!plain && html`<tspan class="said" x=${x} dy="15">${words}</tspan>`}
      </text>
    `;
  }
  const [x, y] = point(middle, R.outer + 8);
  const turned = middle > 0.5;
  const degrees = middle * 360 - 90 + (turned ? 180 : 0);
  return html`
    <text
      class=${`name ${members <= NAMES_MAX ? 'radial' : 'number'}`}
      transform=${`translate(${x} ${y}) rotate(${degrees})`}
      text-anchor=${turned ? 'end' : 'start'}
      dy="0.35em"
      >${members <= NAMES_MAX ? shortName(id) : (/\d+$/.exec(id)?.[0] ?? id)}</text
    >
  `;
}
