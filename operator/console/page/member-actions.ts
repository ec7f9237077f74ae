// A node by hand, in local mode: to see what a ring does about it.
import { useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { MemberView } from '../view.ts';
import { order, reasonOf, ringPath } from './api.ts';
import { html } from './html.ts';
import { whyLocked } from './shared.ts';
import type { OfRing } from './shared.ts';

interface Act {
  readonly name: 'stop' | 'start' | 'kill' | 'pause' | 'resume';
  readonly label: string;
  readonly title: string;
}

const ACTS: Readonly<Record<Act['name'], Act>> = {
  stop: {
    name: 'stop',
    label: 'Stop',
    title: 'Ends in order and stays stopped until it is started',
  },
  start: { name: 'start', label: 'Start', title: 'Lets it run again' },
  kill: { name: 'kill', label: 'Kill', title: 'SIGKILL, as a crash: it starts again by itself' },
  pause: { name: 'pause', label: 'Pause', title: 'SIGSTOP: it is silent, and keeps its port' },
  resume: { name: 'resume', label: 'Resume', title: 'SIGCONT: it goes on where it was' },
};

/** What makes sense now. */
function actsFor({ condition }: MemberView): readonly Act['name'][] {
  if (condition === 'held') return ['start'];
  if (condition === 'paused') return ['resume', 'kill', 'stop'];
  if (condition === 'down') return [];
  return ['stop', 'kill', 'pause'];
}

export function MemberActions(props: OfRing & { readonly view: MemberView }): VNode | null {
  const { welcome, state, view } = props;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  if (!welcome.handlesNodes) return null;
  const locked = whyLocked(props);
  const act = async (name: Act['name']): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await order(ringPath(state.ring, 'members', view.id, name), { method: 'POST' });
    } catch (error) {
      props.relock();
      setProblem(reasonOf(error));
    }
    setBusy(false);
  };
  return html`
    <div class="acts" role="group" aria-label="Its process">
      ${actsFor(view).map((name) => {
        const { label, title } = ACTS[name];
        return html`<button
          key=${name}
          class=${name === 'kill' ? 'danger' : ''}
          disabled=${busy || locked !== null}
          title=${locked ?? title}
          onClick=${() => void act(name)}
        >
          ${label}
        </button>`;
      })}
    </div>
    ${problem !== null && html`<p class="problem" role="alert">${problem}</p>`}
  `;
}
