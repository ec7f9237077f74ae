// All members in one table, to be sorted by any column.
import { useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { MemberView } from '../view.ts';
import { formatBytes, formatCount, formatDuration } from '../../words.ts';
import { html } from './html.ts';
import { hrefOf } from './routes.ts';
import { conditionBadge, milliseconds, rate, whyLocked } from './shared.ts';
import type { OfRing } from './shared.ts';

interface Column {
  readonly name: string;
  readonly title?: string;
  /** Left out where the page is narrow. */
  readonly wide?: boolean;
  readonly order: (member: MemberView) => number | string;
  readonly cell: (member: MemberView, ring: string, nowMs: number) => unknown;
}

const COLUMNS: readonly Column[] = [
  {
    name: 'Member',
    order: ({ id }) => id,
    cell: ({ id }, ring) => html`<a href=${hrefOf(ring, id)}>${id}</a>`,
  },
  { name: 'State', order: ({ condition }) => condition, cell: conditionBadge },
  { name: 'Zone', wide: true, order: ({ zone }) => zone, cell: ({ zone }) => zone },
  {
    name: 'Slots',
    title: 'Slots of which it holds a copy',
    wide: true,
    order: ({ slots }) => slots,
    cell: slotsCell,
  },
  {
    name: 'Keys',
    title: 'Its copies, marks of deleted keys included',
    order: ({ load }) => load?.keys ?? -1,
    cell: ({ load }) => (load === null ? '–' : formatCount(load.keys)),
  },
  {
    name: 'Bytes',
    wide: true,
    order: ({ load }) => load?.bytes ?? -1,
    cell: ({ load }) => (load === null ? '–' : formatBytes(load.bytes)),
  },
  {
    name: 'Hints',
    title: 'Writes that it keeps for members which are away',
    wide: true,
    order: ({ load }) => load?.hints ?? -1,
    cell: ({ load }) => (load === null ? '–' : formatCount(load.hints)),
  },
  {
    name: 'Req/s',
    title: 'Client requests a second that it answers itself',
    wide: true,
    order: ({ figures }) => figures?.perSecond ?? -1,
    cell: ({ figures }) => (figures === null ? '–' : rate(figures.perSecond)),
  },
  {
    name: 'p99',
    title: '99 of 100 requests are answered within this time',
    order: ({ figures }) => figures?.p99Ms ?? -1,
    cell: ({ figures }) => milliseconds(figures?.p99Ms ?? null),
  },
  {
    name: 'Up for',
    wide: true,
    order: ({ figures }) => -(figures?.startedMs ?? 0),
    cell: ({ figures }, _ring, nowMs) =>
      figures === null ? '–' : formatDuration(Math.max(1000, nowMs - figures.startedMs)),
  },
];

function slotsCell({ slots, slotsNext }: MemberView): unknown {
  return slotsNext === null || slotsNext === slots
    ? formatCount(slots)
    : html`${formatCount(slots)} <span class="soon">→ ${formatCount(slotsNext)}</span>`;
}

export function MembersTable(props: OfRing & { readonly add: () => void }): VNode {
  const { state, welcome, add } = props;
  const [sorting, setSorting] = useState({ column: 0, down: false });
  const { order } = COLUMNS[sorting.column]!;
  const rows = [...state.members].sort(
    (a, b) => compare(order(a), order(b)) * (sorting.down ? -1 : 1),
  );
  const locked = whyLocked(props);
  return html`
    <section class="card members-card" aria-labelledby="members">
      <div class="card-head">
        <h2 id="members">Members</h2>
        ${
          welcome.takesChanges &&
          html`<button disabled=${locked !== null} title=${locked ?? ''} onClick=${add}>
            Add a member
          </button>`
        }
      </div>
      <div class="table-box" role="region" aria-labelledby="members" tabindex="0">
        <table>
          <thead>
            <tr>
              ${COLUMNS.map(({ name, title, wide }, i) => {
                const sorted =
                  sorting.column === i ? (sorting.down ? 'descending' : 'ascending') : 'none';
                return html`<th
                  key=${name}
                  class=${wide === true ? 'wide' : ''}
                  scope="col"
                  aria-sort=${sorted}
                  title=${title}
                >
                  <button
                    class="sort"
                    onClick=${() => {
                      setSorting({ column: i, down: sorting.column === i && !sorting.down });
                    }}
                  >
                    ${name}
                  </button>
                </th>`;
              })}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              (member) => html`
                <tr key=${`${member.id} ${member.incarnation ?? ''}`}>
                  ${COLUMNS.map(
                    ({ name, wide, cell }) =>
                      html`<td class=${wide === true ? 'wide' : ''} key=${name}>
                        ${cell(member, state.ring, state.nowMs)}
                      </td>`,
                  )}
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
    </section>
  `;
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), 'en', { numeric: true });
}
