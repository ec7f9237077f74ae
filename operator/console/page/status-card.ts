// Is the data safe, what is going on, how long will it take, what is to be done?
import type { VNode } from 'preact';
import type { RingState, WaitView } from '../view.ts';
import { counted, formatBytes, formatCount, formatDuration } from '../../words.ts';
import { html } from './html.ts';
import type { OfRing } from './shared.ts';

/** More at a time say no more. */
const WAITS_MAX = 5;

export function StatusCard({ state }: OfRing): VNode {
  const { verdict } = state;
  return html`
    <section class=${`card status ${verdict.level}`} aria-label="Status">
      <div role="status">
        <h1>${verdict.title}</h1>
        <p class="verdict">${verdict.text}</p>
      </div>
      ${operation(state)} ${waits(state)}
      <dl class="facts">
        ${fact('Members', `${serving(state)} of ${state.wanted} serve`)}
        ${fact('Copies', `N=${state.replicationFactor}  R=${state.readQuorum}  W=${state.writeQuorum}`)}
        ${fact('Keys', formatCount(state.keys), 'About so many, marks of deleted keys included.')}
        ${fact('Epoch', `${state.epoch}, ${state.phase}`)}
        ${fact('Balance', state.balance.toFixed(3), 'Slots of the busiest member beside the mean of all; 1 is even.')}
        ${fact('Slots', formatCount(state.slots))}
      </dl>
    </section>
  `;
}

function serving({ members }: RingState): number {
  return members.filter(({ live }) => live).length;
}

function operation({ operation: change }: RingState): unknown {
  if (change === null) return null;
  const { slotsDone, slotsTotal } = change;
  const share = slotsTotal === 0 ? 0 : slotsDone / slotsTotal;
  return html`
    <div class="operation">
      <p>
        <b>${change.summary}</b>
        <span>${change.phase}</span>
      </p>
      <progress max="1" value=${share} aria-label=${change.summary}></progress>
      <p class="small">
        <span>${formatCount(slotsDone)} of ${counted(slotsTotal, 'slot')}</span>
        <span>${counted(change.keysDone, 'key')}, ${formatBytes(change.bytesDone)}</span>
        <span
          >${
            change.etaMs !== null && change.etaMs > 0 ? `${formatDuration(change.etaMs)} left` : ''
          }</span
        >
      </p>
    </div>
  `;
}

function waits({ waits: list, verdict }: RingState): unknown {
  const rest = list.length - WAITS_MAX;
  return (
    list.length > 0 &&
    html`<ul class=${`waits ${verdict.level}`}>
      ${list.slice(0, WAITS_MAX).map(wait)}
      ${rest > 0 && html`<li class="empty">${`and ${counted(rest, 'wait')} more`}</li>`}
    </ul>`
  );
}

function wait({ reason, message, unblock }: WaitView): VNode {
  return html`
    <li key=${`${reason} ${message}`}>
      <code>${reason}</code> ${`${message}. `}
      ${unblock !== '' && html`<span class="unblock">${unblock}.</span>`}
    </li>
  `;
}

function fact(name: string, value: string, title?: string): VNode {
  return html`<div title=${title}>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}
