// One value as it is shown: text as text, bytes as their hexadecimal digits.
import type { VNode } from 'preact';
import type { ValueView } from '../view.ts';
import { formatBytes } from '../../words.ts';
import { html } from './html.ts';
import { visible } from './shared.ts';

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function valueBlock(value: ValueView, at: number): VNode {
  return html`
    <figure class="value" key=${at}>
      <pre tabindex="0" aria-label="value">${textOf(value)}</pre>
      <figcaption>
        <span>${value.contentType}</span><span>${formatBytes(value.bytes)}</span>
        <span>written ${WHEN.format(new Date(value.writtenAt))}</span>
        ${
          value.expiresAt !== null &&
          html`<span>until ${WHEN.format(new Date(value.expiresAt))}</span>`
        }
        ${value.cut && html`<span>only its beginning is shown</span>`}
      </figcaption>
    </figure>
  `;
}

function textOf({ text, base64, bytes }: ValueView): string {
  if (text !== null) return bytes === 0 ? '(empty)' : visible(text, '\n\t');
  const digits = Array.from(atob(base64 ?? ''), (c) =>
    c.charCodeAt(0).toString(16).padStart(2, '0'),
  );
  return digits.join(' ').replace(/((?:.{2} ){16})/g, '$1\n');
}
