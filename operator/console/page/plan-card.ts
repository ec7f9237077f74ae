// The plan before the act: so many members, what would move, whether it would be refused, then apply.
import { useEffect, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { Amount, Forecast } from '../view.ts';
import { counted, formatBytes, formatCount } from '../../words.ts';
import { get, order, reasonOf, ringPath } from './api.ts';
import { html } from './html.ts';
import { saidLine, whyLocked } from './shared.ts';
import type { OfRing, Said } from './shared.ts';

export interface PlanCardProps extends OfRing {
  /** null: as it is. */
  readonly wanted: number | null;
  readonly setWanted: (replicas: number | null) => void;
  readonly forecast: Forecast | null;
  readonly setForecast: (forecast: Forecast | null) => void;
}

/** ms without a move of the slider after which the planner is asked. */
const SETTLED_MS = 150;
/** The slider goes so much further than the ring is large; the field beside it goes to the end. */
const AHEAD = 2;
const ROWS_MAX = 12;

function useForecast({ state, wanted, setForecast }: PlanCardProps): string | null {
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    setProblem(null);
    if (wanted === null || wanted === state.wanted) {
      setForecast(null);
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      const query = { replicas: String(wanted) };
      get<Forecast>(ringPath(state.ring, 'plan'), query, stop.signal).then(
        setForecast,
        (error: unknown) => {
          if (stop.signal.aborted) return;
          setForecast(null);
          setProblem(reasonOf(error));
        },
      );
    }, SETTLED_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // A ring that has changed meanwhile is forecast anew.
  }, [state.ring, state.wanted, state.epoch, wanted]);
  return problem;
}

export function PlanCard(props: PlanCardProps): VNode {
  const { state, wanted, setWanted, forecast } = props;
  const problem = useForecast(props);
  const [said, setSaid] = useState<Said | null>(null);
  const choose = (replicas: number): void => {
    setSaid(null);
    setWanted(replicas === state.wanted ? null : replicas);
  };
  const apply = async (replicas: number): Promise<void> => {
    try {
      const body = JSON.stringify({ replicas });
      await order(ringPath(state.ring, 'replicas'), { method: 'PUT', body });
      setSaid({ ok: true, text: `${counted(replicas, 'member')} asked for.` });
      setWanted(null);
    } catch (error) {
      props.relock();
      setSaid({ ok: false, text: reasonOf(error) });
    }
  };
  return html`
    <section class="card plan" id="plan" aria-labelledby="plan-title">
      <h2 id="plan-title">Size</h2>
      ${dial(props, choose)}
      ${wanted === null && html`<p class="empty">Move it to see what another size would cost.</p>`}
      ${problem !== null && html`<p class="problem" role="alert">${problem}</p>`}
      ${forecast !== null && forecast.replicas === wanted && forecastView(forecast)}
      ${wanted !== null && buttons(props, () => void apply(wanted))} ${saidLine(said)}
    </section>
  `;
}

function dial({ state, welcome, wanted }: PlanCardProps, choose: (n: number) => void): VNode {
  const shown = wanted ?? state.wanted;
  const max = Math.min(welcome.membersMax, Math.max(8, state.wanted * AHEAD));
  const take = (event: Event): void => {
    const replicas = Number((event.target as HTMLInputElement).value);
    if (Number.isInteger(replicas) && replicas >= 1 && replicas <= welcome.membersMax)
      choose(replicas);
  };
  return html`
    <div class="dial">
      <input
        type="range"
        min="1"
        max=${max}
        value=${Math.min(shown, max)}
        aria-label="Members wanted"
        aria-valuetext=${counted(shown, 'member')}
        onInput=${take}
      />
      <input
        class="count"
        type="number"
        min="1"
        max=${welcome.membersMax}
        value=${shown}
        aria-label="Members wanted, as a number"
        onInput=${take}
      />
    </div>
  `;
}

function buttons(props: PlanCardProps, apply: () => void): VNode {
  const { state, welcome, forecast, setWanted } = props;
  const locked = whyLocked(props);
  const back = (): void => {
    setWanted(null);
  };
  const act = html`<button
    class="accent"
    disabled=${locked !== null || forecast === null}
    title=${locked ?? ''}
    onClick=${apply}
  >
    Apply
  </button>`;
  return html`<p class="buttons">
    <button onClick=${back}>${`Back to ${state.wanted}`}</button>
    ${welcome.takesChanges && act}
  </p>`;
}

function forecastView(forecast: Forecast): VNode {
  const { members, total, refusals, loadsKnown } = forecast;
  const moving = members.filter(({ gives, gets }) => gives.slots + gets.slots > 0);
  const order = { joins: 0, leaves: 1, stays: 2 } as const;
  const rows = [...moving].sort(
    (a, b) => order[a.fate] - order[b.fate] || a.id.localeCompare(b.id, 'en', { numeric: true }),
  );
  const current = members.filter(({ fate }) => fate !== 'joins').length;
  return html`
    <div class="forecast" aria-live="polite">
      ${refusals.map(
        ({ reason, message, unblock }) =>
          html`<p class="refusal" key=${reason}>
            <code>${reason}</code> ${message}. ${unblock !== '' && `${unblock}.`}
          </p>`,
      )}
      <p class="sum">
        ${
          total.slots === 0
            ? 'Nothing would move.'
            : html`Would
              move${' '}<b>${counted(total.keys, 'key')}</b>${` (${formatBytes(total.bytes)}) in ${counted(total.slots, 'slot')}, counted by the copy.`}`
        }
      </p>
      ${
        rows.length > 0 &&
        html`<table>
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col">Gives</th>
              <th scope="col">Gets</th>
            </tr>
          </thead>
          <tbody>
            ${rows.slice(0, ROWS_MAX).map(
              ({ id, gives, gets, fate }) =>
                html`<tr key=${id} class=${fate}>
                  <th scope="row">
                    ${id}${fate !== 'stays' && html` <span class="fate">${fate}</span>`}
                  </th>
                  <td>${amount(gives)}</td>
                  <td>${amount(gets)}</td>
                </tr>`,
            )}
          </tbody>
        </table>`
      }
      ${
        rows.length > ROWS_MAX &&
        html`<p class="empty">and ${formatCount(rows.length - ROWS_MAX)} members more</p>`
      }
      ${
        loadsKnown < current &&
        html`<p class="empty">
          Only ${loadsKnown} of ${current} members told their load: keys and bytes are incomplete.
        </p>`
      }
    </div>
  `;
}

function amount({ slots, keys, bytes }: Amount): unknown {
  return slots === 0
    ? '–'
    : html`${counted(keys, 'key')} <span class="small">${formatBytes(bytes)}</span>`;
}
