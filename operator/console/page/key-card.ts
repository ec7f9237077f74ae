// Look a key up: where it lies, what it holds, and change it.
import { useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { KeyView } from '../view.ts';
import { html } from './html.ts';
import { KeyPanel } from './key-panel.ts';
import type { OfRing } from './shared.ts';

export interface KeyCardProps extends OfRing {
  readonly looked: (key: KeyView | null) => void;
}

export function KeyCard(props: KeyCardProps): VNode {
  const [typed, setTyped] = useState('');
  const [key, setKey] = useState<{ readonly name: string; readonly asked: number } | null>(null);
  return html`
    <section class="card key" aria-labelledby="key">
      <h2 id="key">Key</h2>
      <form
        class="ask"
        role="search"
        onSubmit=${(event: Event) => {
          event.preventDefault();
          // The same key again is asked again.
          if (typed !== '') setKey({ name: typed, asked: (key?.asked ?? 0) + 1 });
        }}
      >
        <input
          aria-label="Key"
          name="key"
          placeholder="greeting"
          autocomplete="off"
          autocapitalize="off"
          spellcheck=${false}
          value=${typed}
          onInput=${(event: Event) => {
            setTyped((event.target as HTMLInputElement).value);
          }}
        />
        <button class="accent">Look up</button>
      </form>
      ${
        key === null
          ? html`<p class="empty">Its hash, its slot, who holds it, and what it holds.</p>`
          : html`<${KeyPanel} ...${props} name=${key.name} asked=${key.asked} />`
      }
    </section>
  `;
}
