// The page's frame: which ring, which view of it, and what all views share.
import { render } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { Welcome } from '../view.ts';
import { get, reasonOf, takeTokenFromAddress, token } from './api.ts';
import { Header } from './header.ts';
import { html } from './html.ts';
import { useLive } from './live.ts';
import { MemberPage } from './member-page.ts';
import { Overview } from './overview.ts';
import { routeOf } from './routes.ts';
import type { Route } from './routes.ts';
import { applyTheme } from './theme.ts';

function useRoute(): Route {
  const [route, setRoute] = useState(routeOf(location.hash));
  useEffect(() => {
    const changed = (): void => {
      takeTokenFromAddress();
      setRoute(routeOf(location.hash));
    };
    addEventListener('hashchange', changed);
    return () => {
      removeEventListener('hashchange', changed);
    };
  }, []);
  return route;
}

function useWelcome(): { welcome: Welcome | null; problem: string | null } {
  const [welcome, setWelcome] = useState<Welcome | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    get<Welcome>('/api/welcome').then(setWelcome, (error: unknown) => {
      setProblem(reasonOf(error));
    });
  }, []);
  return { welcome, problem };
}

function Page(): VNode {
  const route = useRoute();
  const { welcome, problem } = useWelcome();
  const [unlocked, setUnlocked] = useState(token() !== null);
  const relock = useCallback(() => {
    setUnlocked(token() !== null);
  }, []);
  const ring = route.ring ?? welcome?.rings[0] ?? null;
  const live = useLive(welcome === null ? null : ring);
  const { state } = live;
  useEffect(() => {
    const title = state === null ? 'Ringkeeper' : `${state.verdict.title} · ${state.ring}`;
    document.title = route.member === null ? title : `${route.member} · ${title}`;
  }, [state?.verdict.title, state?.ring, route.member]);
  if (welcome === null)
    return html`<p class="boot" role="status">${problem ?? 'Looking for the ring …'}</p>`;
  const mayChange = welcome.takesChanges && unlocked;
  const shared = { welcome, live, mayChange, relock };
  return html`
    <a class="skip" href="#main">To the content</a>
    <${Header} ...${shared} ring=${ring} unlocked=${unlocked} />
    ${
      !live.connected &&
      html`<p class="banner" role="alert">
        The operator does not answer. What is shown is what it last said; the ring itself goes on.
      </p>`
    }
    <main id="main" tabindex="-1">
      ${
        ring === null
          ? html`<p class="boot">There is no ring here yet.</p>`
          : state === null
            ? html`<p class="boot" role="status">Waiting for the first look at ${ring} …</p>`
            : route.member === null
              ? html`<${Overview} ...${shared} state=${state} />`
              : html`<${MemberPage}
                  ...${shared}
                  key=${route.member}
                  state=${state}
                  member=${route.member}
                />`
      }
    </main>
    <footer>Ringkeeper ${welcome.version}</footer>
  `;
}

takeTokenFromAddress();
applyTheme();
const root = document.getElementById('page');
if (root !== null) {
  root.replaceChildren();
  render(html`<${Page} />`, root);
}
