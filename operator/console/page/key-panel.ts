// One key: its place on the ring, its values, and the form that stores another one.
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { KeyView } from '../view.ts';
import { formatCount } from '../../words.ts';
import { get, order, reasonOf, ringPath } from './api.ts';
import { html } from './html.ts';
import { hrefOf } from './routes.ts';
import { saidLine, whyLocked } from './shared.ts';
import type { OfRing, Said } from './shared.ts';
import { ValueForm } from './value-form.ts';
import { valueBlock } from './value-block.ts';

export interface KeyPanelProps extends OfRing {
  readonly name: string;
  /** Another number asks again. */
  readonly asked: number;
  readonly looked?: (key: KeyView | null) => void;
  /** The key was stored or deleted. */
  readonly changed?: () => void;
}

interface Lookup {
  readonly view: KeyView | null;
  readonly problem: string | null;
  readonly again: () => void;
}

function useLookup({ state, name, asked, looked }: KeyPanelProps): Lookup {
  const [view, setView] = useState<KeyView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    get<KeyView>(ringPath(state.ring, 'key'), { key: name }, stop.signal).then(
      (found) => {
        setView(found);
        setProblem(null);
        looked?.(found);
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        setView(null);
        setProblem(reasonOf(error));
        looked?.(null);
      },
    );
    return () => {
      stop.abort();
    };
  }, [state.ring, name, asked, turn]);
  return {
    view,
    problem,
    again: useCallback(() => {
      setTurn((n) => n + 1);
    }, []),
  };
}

export function KeyPanel(props: KeyPanelProps): VNode {
  const { state, changed } = props;
  const { view, problem, again } = useLookup(props);
  const [said, setSaid] = useState<Said | null>(null);
  useEffect(() => {
    setSaid(null);
  }, [props.name, props.asked]);
  if (view === null)
    return problem === null
      ? html`<p class="empty" role="status">Asking the ring …</p>`
      : html`<p class="problem" role="alert">${problem}</p>`;
  const act = async (what: Parameters<typeof order>[1], done: string): Promise<boolean> => {
    try {
      await order(ringPath(state.ring, 'key'), { ...what, query: { key: view.key } });
      setSaid({ ok: true, text: done });
      again();
      changed?.();
      return true;
    } catch (error) {
      props.relock();
      setSaid({ ok: false, text: reasonOf(error) });
      return false;
    }
  };
  const context: Record<string, string> =
    view.context === null ? {} : { 'X-Ring-Context': view.context };
  return html`
    <div class="key-view">
      ${place(props, view)} ${values(view)} ${saidLine(said)}
      ${
        props.welcome.takesChanges &&
        html`<${ValueForm}
          key=${`${view.key} ${view.etag ?? ''}`}
          view=${view}
          locked=${whyLocked(props)}
          store=${(body: string, type: string, ttl: string) =>
            act(
              {
                method: 'PUT',
                body,
                headers: {
                  ...context,
                  'Content-Type': type,
                  ...(ttl === '' ? {} : { 'X-Ring-TTL': ttl }),
                },
              },
              'Stored.',
            )}
          remove=${() => act({ method: 'DELETE', headers: context }, 'Deleted.')}
        />`
      }
    </div>
  `;
}

function place({ state }: KeyPanelProps, view: KeyView): VNode {
  const replicas = view.preferenceList.filter(({ replica }) => replica);
  return html`
    <dl class="place">
      <div>
        <dt>Hash</dt>
        <dd><code>${view.hash}</code></dd>
      </div>
      <div>
        <dt>Slot</dt>
        <dd>${formatCount(view.slot)} of ${formatCount(state.slots)}</dd>
      </div>
      <div class="all">
        <dt>Held by</dt>
        <dd>
          <ol class="chips">
            ${replicas.map(
              ({ id }, i) =>
                html`<li key=${id}><b>${i + 1}</b><a href=${hrefOf(state.ring, id)}>${id}</a></li>`,
            )}
          </ol>
        </dd>
      </div>
      ${standIns(view)}
    </dl>
  `;
}

function standIns({ preferenceList }: KeyView): unknown {
  const others = preferenceList.filter(({ replica }) => !replica).map(({ id }) => id);
  if (others.length === 0) return null;
  const shown = others.slice(0, 4).join(', ');
  return html`<div class="all">
    <dt>Stand in</dt>
    <dd>${shown}${others.length > 4 ? ` and ${others.length - 4} more` : ''}</dd>
  </div>`;
}

function values(view: KeyView): unknown {
  if (view.found === 'unknown') return html`<p class="problem" role="alert">${view.problem}</p>`;
  if (view.found === 'none')
    return html`<p class="empty">The ring holds no value under this key.</p>`;
  return html`
    ${
      view.values.length > 1 &&
      html`<p class="note">
        ${view.values.length} values were written at the same time. What you store now replaces them
        all.
      </p>`
    }
    ${view.values.map((value, i) => valueBlock(value, i))}
    <p class="version">Version <code>${view.etag}</code></p>
  `;
}
