// The ring, drawn: members on the circle, each slot's health within it, and lines for what moves, who
// follows whom, and where a key lies.
import { useMemo, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { RingState } from '../view.ts';
import { formatCount, formatDuration } from '../../words.ts';
import { arcPath, R, runsOf, sectorsOf, withGuests, zoneArcs } from './geometry.ts';
import type { Sector } from './geometry.ts';
import { html } from './html.ts';
import { BARE, holdersOf, MOVING, neighboursOf, SHORT, slotHealth } from './slots.ts';
import type { Slots } from './slots.ts';
import { flowLines, neighbourLines, slotLines } from './ring-lines.ts';
import { memberSectors } from './ring-members.ts';

/** Arcs of the slots' band: each is wider than a pixel, and holds a few slots. */
const BINS = 512;

export interface RingPictureProps {
  readonly state: RingState;
  readonly slots: Slots | null;
  /** A slot that was looked up; its members are marked in their order. */
  readonly chosen: { readonly slot: number; readonly list: readonly string[] } | null;
  readonly chooseSlot: (slot: number) => void;
  /** Members that a forecast would add or take away. */
  readonly fates: ReadonlyMap<string, 'joins' | 'leaves'>;
  readonly open: (member: string) => void;
}

export function RingPicture(props: RingPictureProps): VNode {
  const { state, slots, chosen, fates } = props;
  const [pointed, setPointed] = useState<string | null>(null);
  const coming = [...fates].filter(([, fate]) => fate === 'joins').map(([id]) => id);
  const names = state.members
    .map(({ id }) => id)
    .concat(coming)
    .join();
  const sectors = useMemo(() => {
    const here = state.members.map(({ id, zone }) => ({ id, zone }));
    const known = new Set(here.map(({ id }) => id));
    return sectorsOf(
      withGuests(
        here,
        coming.filter((id) => !known.has(id)),
      ),
    );
  }, [names]);
  const at = useMemo(() => new Map(sectors.map((sector) => [sector.id, sector])), [sectors]);
  const neighbours = useMemo(
    () => (pointed === null || slots === null ? null : neighboursOf(slots.now, pointed)),
    [pointed, slots],
  );
  const marked = chosen === null ? [] : chosen.list;
  return html`
    <figure class="ring-figure">
      <svg class="ring" viewBox="-320 -320 640 640" role="group" aria-label=${describe(state)}>
        ${zoneBand(sectors)} ${html`<${SlotBand} ...${props} />`} ${flowLines(state, at)}
        ${neighbours !== null && pointed !== null && neighbourLines(pointed, neighbours, at)}
        ${chosen !== null && slots !== null && slotLines(chosen, slots.now.slots, at)} ${hub(state)}
        ${memberSectors({
          sectors,
          members: new Map(state.members.map((member) => [member.id, member])),
          fates,
          pointed,
          point: setPointed,
          open: props.open,
          marked: marked.slice(0, state.replicationFactor),
          related: new Set(neighbours?.successors.map(({ id }) => id)),
        })}
      </svg>
      <figcaption class="ring-caption" aria-live="polite">${caption(props, pointed)}</figcaption>
    </figure>
  `;
}

function describe({ members, phase, epoch }: RingState): string {
  return `The ring: ${members.length} members, epoch ${epoch}, ${phase}. Arrow keys go from member to member.`;
}

function zoneBand(sectors: readonly Sector[]): VNode[] {
  return zoneArcs(sectors).map(({ zone, from, until }, i) => {
    const middle = (from + until) / 2;
    const below = middle > 0.25 && middle < 0.75;
    return html`
      <g class="zone" key=${zone}>
        <path class="zone-arc" d=${arcPath(from, until, R.zone)} />
        <path
          id=${`zone-${i}`}
          d=${arcPath(from, until, below ? R.zone + 4.5 : R.zone - 4.5, below)}
          fill="none"
        />
        <text class="zone-name">
          <textPath href=${`#zone-${i}`} startOffset="50%" text-anchor="middle">${zone}</textPath>
        </text>
      </g>
    `;
  });
}

const HEALTH = { [MOVING]: 'moving', [SHORT]: 'short', [BARE]: 'bare' } as const;

/** The slots in the order of their hashes; what is not fine glows. It is a slider over the slots. */
function SlotBand({ state, slots, chosen, chooseSlot }: RingPictureProps): VNode {
  const live = state.members.filter((member) => member.live).map(({ id }) => id);
  const runs = useMemo(
    () =>
      slots === null
        ? []
        : runsOf(
            slotHealth(slots, new Set(live), {
              copies: state.replicationFactor,
              quorum: Math.max(state.readQuorum, state.writeQuorum),
              bins: BINS,
            }),
          ),
    [slots, live.join(), state.replicationFactor],
  );
  const count = state.slots;
  const value = chosen?.slot ?? 0;
  const go = (slot: number): void => {
    chooseSlot((slot + count) % count);
  };
  const keys: Record<string, number> = {
    ArrowRight: 1,
    ArrowUp: 1,
    ArrowLeft: -1,
    ArrowDown: -1,
    PageUp: count >> 4,
    PageDown: -(count >> 4),
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = keys[event.key];
    if (step === undefined || count === 0) return;
    event.preventDefault();
    go(value + step);
  };
  const onPointer = (event: PointerEvent): void => {
    if (count === 0) return;
    go(Math.floor(turnOf(event) * count));
  };
  return html`
    <g
      class="slot-band"
      role="slider"
      tabindex="0"
      aria-label="slot of the ring"
      aria-valuemin="0"
      aria-valuemax=${Math.max(0, count - 1)}
      aria-valuenow=${value}
      aria-valuetext=${
        slots === null
          ? 'not known yet'
          : `slot ${value}: ${holdersOf(slots.now, value).join(', then ')}`
      }
      onKeyDown=${onKeyDown}
      onClick=${onPointer}
    >
      <circle class="slot-track" r=${R.slots} />
      ${runs.map(
        ({ kind, from, until }) => html`
          <path
            key=${`${kind} ${from}`}
            class=${`slot-run ${HEALTH[kind as keyof typeof HEALTH]}`}
            d=${arcPath(from, until, R.slots)}
          />
        `,
      )}
      <circle class="slot-hit" r=${R.slots} />
    </g>
  `;
}

/** Where on the circle the pointer is. */
function turnOf(event: PointerEvent): number {
  const svg = (event.currentTarget as SVGElement).ownerSVGElement!;
  const box = svg.getBoundingClientRect();
  const x = event.clientX - (box.left + box.width / 2);
  const y = event.clientY - (box.top + box.height / 2);
  return (((Math.atan2(y, x) / (2 * Math.PI) + 1.25) % 1) + 1) % 1;
}

function hub({ verdict, operation, epoch, phase }: RingState): VNode {
  const share =
    operation === null || operation.slotsTotal === 0
      ? null
      : operation.slotsDone / operation.slotsTotal;
  const big = share === null ? verdict.title : `${Math.floor(share * 100)} %`;
  const left =
    operation?.etaMs == null || operation.etaMs <= 0
      ? null
      : `${formatDuration(operation.etaMs)} left`;
  return html`
    <g class=${`hub ${verdict.level}`} aria-hidden="true">
      <circle class="hub-disc" r=${R.hub} />
      <circle class="hub-track" r=${R.hub - 4} />
      ${
        share !== null &&
        html`<path class="hub-progress" d=${arcPath(0, Math.max(0.001, share), R.hub - 4)} />`
      }
      <text class=${`hub-title${big.length > 8 ? ' long' : ''}`} y=${left === null ? 0 : -6}
        >${big}</text
      >
      <text class="hub-line" y=${left === null ? 22 : 16}
        >${share === null ? `epoch ${epoch}` : phase}</text
      >
      ${left !== null && html`<text class="hub-line" y="34">${left}</text>`}
    </g>
  `;
}

function caption({ state, slots, chosen }: RingPictureProps, pointed: string | null): unknown {
  if (pointed !== null) {
    const member = state.members.find(({ id }) => id === pointed);
    if (member === undefined) return `${pointed} would join`;
    const next = slots === null ? [] : neighboursOf(slots.now, pointed).successors;
    const shown = next.slice(0, 6).map(({ id, slots: n }) => `${id} (${formatCount(n)})`);
    const more = next.length > 6 ? ` and ${next.length - 6} more` : '';
    const followers =
      next.length === 0 ? 'nobody follows' : `followed by ${shown.join(', ')}${more}`;
    return html`<b>${pointed}</b>${` ${member.words}; ${followers}`}`;
  }
  if (chosen !== null) {
    const copies = chosen.list.slice(0, state.replicationFactor).join(' → ');
    return html`slot <b>${formatCount(chosen.slot)}</b>${`: ${copies}`}`;
  }
  return state.operation === null
    ? 'Point at a member for its successors, at the inner circle for a slot.'
    : state.operation.summary;
}
