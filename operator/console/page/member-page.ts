// One member: who is before and after it, its slots, its keys, and in local mode its process.
import { useMemo } from 'preact/hooks';
import type { VNode } from 'preact';
import type { MemberView } from '../view.ts';
import { counted, formatBytes, formatCount, formatDuration } from '../../words.ts';
import { html } from './html.ts';
import { KeysBrowser } from './keys-browser.ts';
import { MemberActions } from './member-actions.ts';
import { hrefOf } from './routes.ts';
import { conditionBadge, milliseconds, rate } from './shared.ts';
import type { OfRing } from './shared.ts';
import { neighboursOf, rangesText, sharesOf } from './slots.ts';
import type { Neighbour, Slots } from './slots.ts';

export type MemberPageProps = OfRing & { readonly member: string };

export function MemberPage(props: MemberPageProps): VNode {
  const { state, member: id } = props;
  const member = state.members.find((candidate) => candidate.id === id);
  if (member === undefined)
    return html`<section class="card">
      <h1>${id}</h1>
      <p>There is no such member now. <a href=${hrefOf(state.ring)}>Back to the ring</a></p>
    </section>`;
  return html`
    <div class="member-page">
      <section class="card head" aria-label=${id}>
        <p class="crumb"><a href=${hrefOf(state.ring)}>${`← ${state.ring}`}</a></p>
        <div class="card-head">
          <h1>${id}</h1>
          ${conditionBadge(member)}
        </div>
        ${member.words !== 'serves' && html`<p class="verdict">${member.words}</p>`}
        ${facts(props, member)} <${MemberActions} ...${props} view=${member} />
      </section>
      <${Around} ...${props} />
      <${KeysBrowser} ...${props} />
    </div>
  `;
}

function facts({ state }: MemberPageProps, member: MemberView): VNode {
  const { load, figures } = member;
  const fact = (name: string, value: unknown): VNode =>
    html`<div key=${name}>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  const dash = '–';
  return html`
    <dl class="facts">
      ${fact('Zone', member.zone || dash)}
      ${fact('Incarnation', html`<code>${member.incarnation ?? dash}</code>`)}
      ${fact('Slots', `${formatCount(member.slots)}, owner of ${formatCount(member.owned)}`)}
      ${fact('Keys', load === null ? dash : formatCount(load.keys))}
      ${fact('Bytes', load === null ? dash : formatBytes(load.bytes))}
      ${fact('Disk free', load === null ? dash : formatBytes(load.diskFreeBytes))}
      ${fact(
        'Hints',
        load === null ? dash : `${formatCount(load.hints)}, ${formatBytes(load.hintBytes)}`,
      )}
      ${fact('Epoch', load === null ? dash : `${load.epoch} of ${state.epoch}`)}
      ${fact('Requests', figures === null ? dash : `${rate(figures.perSecond)}/s`)}
      ${fact(
        'Answers within',
        figures?.p50Ms == null
          ? dash
          : `${milliseconds(figures.p50Ms)} (half), ${milliseconds(figures.p99Ms)} (99 %)`,
      )}
      ${fact(
        'Up for',
        figures === null ? dash : formatDuration(Math.max(1000, state.nowMs - figures.startedMs)),
      )}
    </dl>
  `;
}

function Around(props: MemberPageProps): VNode {
  const { live, member, state } = props;
  const { slots } = live;
  const around = useMemo(
    () => (slots === null ? null : neighboursOf(slots.now, member)),
    [slots, member],
  );
  const list = (title: string, text: string, neighbours: readonly Neighbour[]): VNode => html`
    <div>
      <h3>${title}</h3>
      <p class="empty">${text}</p>
      <ul class="neighbours">
        ${neighbours.slice(0, 24).map(
          ({ id, slots: count }) =>
            html`<li key=${id}>
              <a href=${hrefOf(state.ring, id)}>${id}</a>
              <span>${counted(count, 'slot')}</span>
            </li>`,
        )}
      </ul>
      ${neighbours.length > 24 && html`<p class="empty">and ${neighbours.length - 24} more</p>`}
      ${neighbours.length === 0 && html`<p class="empty">nobody</p>`}
    </div>
  `;
  return html`
    <section class="card around" aria-labelledby="around">
      <h2 id="around">Its place</h2>
      ${slots !== null && html`<${ShareBar} slots=${slots} member=${member} />`}
      ${
        around !== null &&
        html`<div class="pair">
          ${list('Predecessors', 'It holds copies of what these own.', around.predecessors)}
          ${list('Successors', 'These hold copies of what it owns.', around.successors)}
        </div>`
      }
    </section>
  `;
}

/** How much of the ring is its own, and how much it holds for others. */
function ShareBar({ slots, member }: { slots: Slots; member: string }): VNode {
  const { owned, copied } = useMemo(() => sharesOf(slots.now, member), [slots, member]);
  const all = slots.now.slots;
  const parts = [
    ['owner', owned.length],
    ['copy', copied.length],
    ['neither', all - owned.length - copied.length],
  ] as const;
  const numbers = (title: string, list: readonly number[]): unknown =>
    list.length > 0 &&
    html`<dt>${title}</dt>
      <dd><code>${rangesText(list)}</code></dd>`;
  return html`
    <div>
      <div class="shares" aria-hidden="true">
        ${parts.map(([name, count]) => html`<i key=${name} class=${name} style=${{ flexGrow: count }}></i>`)}
      </div>
      <p class="legend">
        ${parts.map(
          ([name, count]) =>
            html`<span key=${name}><i class=${name}></i>${`${name} ${formatCount(count)}`}</span>`,
        )}
      </p>
      <details class="numbers">
        <summary>Numbers of its slots</summary>
        <dl>${numbers('Owner of', owned)}${numbers('Copies of', copied)}</dl>
      </details>
    </div>
  `;
}
