// The top of the page: which ring, how it is in one word, the theme, and the lock on changes.
import { useRef, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import { keepToken } from './api.ts';
import { html } from './html.ts';
import { hrefOf } from './routes.ts';
import type { Shared } from './shared.ts';
import { nextTheme, theme } from './theme.ts';

export interface HeaderProps extends Shared {
  readonly ring: string | null;
  readonly unlocked: boolean;
}

export function Header(props: HeaderProps): VNode {
  const { welcome, live, ring } = props;
  const { state } = live;
  const [shown, setShown] = useState(theme());
  return html`
    <header class="top">
      <a class="brand" href=${ring === null ? '#/' : hrefOf(ring)}>
        <img src="/icon.svg" alt="" width="26" height="26" /><span>Ringkeeper</span>
      </a>
      ${
        welcome.rings.length > 1
          ? html`<label class="picker"
              ><span class="hidden">Ring</span>
              <select
                value=${ring}
                onChange=${(event: Event) => {
                  location.hash = hrefOf((event.target as HTMLSelectElement).value);
                }}
              >
                ${welcome.rings.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
              </select>
            </label>`
          : html`<span class="ring-name">${ring}</span>`
      }
      ${
        state !== null &&
        html`<span class=${`pill ${state.verdict.level}`}>${state.verdict.title}</span>`
      }
      <span class="spring"></span>
      <button
        class="quiet"
        title="Light, dark, or as the system has it"
        aria-label=${`Theme: ${shown}`}
        onClick=${() => {
          setShown(nextTheme());
        }}
      >
        ${{ auto: '◐', light: '☀', dark: '☾' }[shown]}
      </button>
      <${Lock} ...${props} />
    </header>
  `;
}

function Lock({ welcome, unlocked, relock }: HeaderProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  if (!welcome.takesChanges)
    return html`<span class="locked" title="console.changes of the chart lets it take changes"
      >read-only</span
    >`;
  if (unlocked)
    return html`<button
      class="quiet"
      title="Forget the token in this tab"
      onClick=${() => {
        keepToken(null);
        relock();
      }}
    >
      Lock
    </button>`;
  return html`
    <button class="accent" onClick=${() => dialog.current?.showModal()}>Unlock</button>
    <dialog
      ref=${dialog}
      aria-labelledby="unlock"
      onClose=${() => {
        const given = field.current?.value.trim() ?? '';
        if (dialog.current?.returnValue === 'ok') keepToken(given);
        if (field.current !== null) field.current.value = '';
        relock();
      }}
    >
      <form method="dialog">
        <h2 id="unlock">Unlock changes</h2>
        <p>
          ${
            welcome.place === 'local'
              ? 'The token stands behind # in the address that the operator printed.'
              : 'A token of Kubernetes that may update this DhtCluster, such as kubectl create token prints.'
          }
          ${' '}It is kept for as long as this tab.
        </p>
        <label>Token <input ref=${field} type="password" autocomplete="off" required /></label>
        <p class="buttons">
          <button value="cancel" formnovalidate>Cancel</button>
          <button class="accent" value="ok">Unlock</button>
        </p>
      </form>
    </dialog>
  `;
}
