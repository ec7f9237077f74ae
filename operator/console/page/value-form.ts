// The form that stores a value under a key, or deletes the key. A deletion is asked for twice.
import { useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { KeyView } from '../view.ts';
import { html } from './html.ts';

export interface ValueFormProps {
  readonly view: KeyView;
  /** Why nothing can be changed now; null: it can. */
  readonly locked: string | null;
  readonly store: (body: string, type: string, ttlSeconds: string) => Promise<boolean>;
  readonly remove: () => Promise<boolean>;
}

export function ValueForm({ view, locked, store, remove }: ValueFormProps): VNode {
  const single = view.values.length === 1 ? view.values[0]! : null;
  const editable = single?.text !== null && single?.cut === false ? single.text : '';
  const [text, setText] = useState(editable ?? '');
  const [type, setType] = useState(single?.text != null ? single.contentType : 'text/plain');
  const [ttl, setTtl] = useState('');
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const during = (work: Promise<boolean>): void => {
    setBusy(true);
    void work.finally(() => {
      setBusy(false);
      setSure(false);
    });
  };
  const off = locked !== null || busy;
  const take =
    (set: (value: string) => void) =>
    (event: Event): void => {
      set((event.target as HTMLInputElement).value);
    };
  return html`
    <details class="edit" open=${locked === null && view.found === 'none'}>
      <summary>${view.found === 'none' ? 'Store a value' : 'Change it'}</summary>
      <form
        onSubmit=${(event: Event) => {
          event.preventDefault();
          during(store(text, type, ttl));
        }}
      >
        <label>
          Value
          <textarea rows="4" spellcheck=${false} value=${text} onInput=${take(setText)}></textarea>
        </label>
        <div class="pair">
          <label>Content type <input required value=${type} onInput=${take(setType)} /></label>
          <label>
            Seconds to live
            <input
              inputmode="numeric"
              pattern="[0-9]*"
              placeholder="for ever"
              value=${ttl}
              onInput=${take(setTtl)}
            />
          </label>
        </div>
        <p class="buttons">
          ${
            view.found !== 'none' &&
            html`<button
              type="button"
              class="danger"
              disabled=${off}
              title=${locked ?? ''}
              onClick=${() => {
                if (sure) during(remove());
                else setSure(true);
              }}
            >
              ${sure ? 'Yes, delete the key' : 'Delete'}
            </button>`
          }
          <button class="accent" disabled=${off} title=${locked ?? ''}>Store</button>
        </p>
        ${locked !== null && html`<p class="empty">${locked}.</p>`}
      </form>
    </details>
  `;
}
