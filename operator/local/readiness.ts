// Which nodes may get clients: those that answer /readyz. Asked often and apart from the loop, so
// that a slow action never leaves the proxy with yesterday's members.
import type { NodeId } from '../../core/api/ids.ts';
import { LOCAL_READY_MS } from '../../core/limits.ts';

export interface Readiness {
  readonly ready: ReadonlySet<NodeId>;
  /** Not ready any more, whatever it said: it is being stopped, or it died. */
  withdraw(id: NodeId): void;
  /** May be ready again when it says so. */
  admit(id: NodeId): void;
  close(): void;
}

export interface ReadinessOptions {
  readonly nodes: () => readonly NodeId[];
  readonly isReady: (id: NodeId) => Promise<boolean>;
  readonly changed: (ready: ReadonlySet<NodeId>) => void;
}

export function watchReadiness({ nodes, isReady, changed }: ReadinessOptions): Readiness {
  const ready = new Set<NodeId>();
  const withdrawn = new Set<NodeId>();
  const set = (id: NodeId, claim: boolean): void => {
    if (ready.has(id) === claim) return;
    if (claim) ready.add(id);
    else ready.delete(id);
    changed(ready);
  };
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  const look = async (): Promise<void> => {
    const ids = nodes();
    for (const id of ready) if (!ids.includes(id)) set(id, false);
    await Promise.all(
      ids.map(async (id) => {
        const claim = !withdrawn.has(id) && (await isReady(id));
        // Withdrawn while the question was under way.
        set(id, claim && !withdrawn.has(id));
      }),
    );
    if (!closed) timer = setTimeout(() => void look(), LOCAL_READY_MS);
  };
  void look();
  return {
    ready,
    withdraw: (id) => {
      withdrawn.add(id);
      set(id, false);
    },
    admit: (id) => {
      withdrawn.delete(id);
    },
    close: () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
