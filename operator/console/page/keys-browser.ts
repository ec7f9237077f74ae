// The keys that one member holds, page by page; a key that is chosen opens beside them.
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import { get, reasonOf, ringPath } from './api.ts';
import { html } from './html.ts';
import { KeyPanel } from './key-panel.ts';
import { visible } from './shared.ts';
import type { OfRing } from './shared.ts';

interface KeysPage {
  readonly keys: readonly string[];
  /** null: the ring's end was reached. */
  readonly cursor: string | null;
}

type Props = OfRing & { readonly member: string };

interface Browsed {
  readonly keys: readonly string[];
  readonly busy: boolean;
  readonly problem: string | null;
  /** null: there are no more. */
  readonly more: (() => void) | null;
  /** From the beginning. */
  readonly again: () => void;
}

function useKeys({ state, member }: Props, prefix: string): Browsed {
  const [page, setPage] = useState<KeysPage>({ keys: [], cursor: '' });
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [turn, setTurn] = useState(0);
  const load = useCallback(
    async (from: KeysPage, signal?: AbortSignal) => {
      setBusy(true);
      setProblem(null);
      try {
        const path = ringPath(state.ring, 'members', member, 'keys');
        const query = { prefix, cursor: from.cursor ?? '' };
        const next = await get<KeysPage>(path, query, signal);
        setPage({ keys: [...from.keys, ...next.keys], cursor: next.cursor });
      } catch (error) {
        // Another one is under way already.
        if (signal?.aborted === true) return;
        setProblem(reasonOf(error));
      }
      setBusy(false);
    },
    [state.ring, member, prefix],
  );
  useEffect(() => {
    const stop = new AbortController();
    void load({ keys: [], cursor: '' }, stop.signal);
    return () => {
      stop.abort();
    };
  }, [load, turn]);
  return {
    keys: page.keys,
    busy,
    problem,
    more: page.cursor === null ? null : () => void load(page),
    again: () => {
      setTurn(turn + 1);
    },
  };
}

export function KeysBrowser(props: Props): VNode {
  const [prefix, setPrefix] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const browsed = useKeys(props, prefix);
  return html`
    <section class="card browser" aria-labelledby="keys">
      <div class="card-head">
        <h2 id="keys">Its keys</h2>
        <input
          type="search"
          aria-label="Only keys that start with"
          placeholder="starts with …"
          value=${prefix}
          onChange=${(event: Event) => {
            setPrefix((event.target as HTMLInputElement).value);
          }}
        />
      </div>
      ${
        browsed.problem !== null &&
        html`<p class="problem" role="alert">
          ${`${browsed.problem} `}<button onClick=${browsed.again}>Try again</button>
        </p>`
      }
      <div class="pair">
        ${keyList(browsed, chosen, setChosen)}
        <div>
          ${
            chosen === null
              ? html`<p class="empty">Choose a key to read, change or delete it.</p>`
              : html`<h3 class="key-name">${visible(chosen)}</h3>
                  <${KeyPanel}
                    ...${props}
                    key=${chosen}
                    name=${chosen}
                    asked=${0}
                    changed=${browsed.again}
                  />`
          }
        </div>
      </div>
    </section>
  `;
}

function keyList(
  { keys, busy, problem, more }: Browsed,
  chosen: string | null,
  choose: (key: string) => void,
): VNode {
  const button = (key: string): VNode =>
    html`<button
      aria-pressed=${key === chosen}
      onClick=${() => {
        choose(key);
      }}
    >
      ${visible(key)}
    </button>`;
  return html`
    <div>
      <ul class="keys">
        ${keys.map((key) => html`<li key=${key}>${button(key)}</li>`)}
      </ul>
      ${!busy && keys.length === 0 && problem === null && html`<p class="empty">No keys.</p>`}
      ${more !== null && html`<button disabled=${busy} onClick=${more}>More keys</button>`}
    </div>
  `;
}
