// What happened, in words, newest first.
import type { VNode } from 'preact';
import type { NewsItem } from '../view.ts';
import { html } from './html.ts';

const SHOWN = 60;
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

export function NewsList({ news }: { readonly news: readonly NewsItem[] }): VNode {
  return html`
    <section class="card news" aria-labelledby="news">
      <h2 id="news">What happened</h2>
      ${
        news.length === 0
          ? html`<p class="empty">Nothing since this console was opened.</p>`
          : html`<ol role="log" aria-live="off">
              ${news.slice(0, SHOWN).map(
                ({ id, atMs, kind, text }) => html`
                  <li key=${`${id} ${atMs}`} class=${kind}>
                    <time datetime=${new Date(atMs).toISOString()}>${TIME.format(atMs)}</time>
                    <span class="mark" aria-hidden="true"></span><span>${text}</span>
                  </li>
                `,
              )}
            </ol>`
      }
    </section>
  `;
}
