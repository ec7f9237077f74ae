// A console over a ring that lives in memory: the planner's ideal ring, looked at when a test says so.
import { request } from 'undici';
import type { NodeId } from '../../../core/api/ids.ts';
import { RingError } from '../../../core/errors.ts';
import { openConsole } from '../../../operator/console/server.ts';
import type {
  ConsolePlace,
  ConsoleRing,
  Hands,
  Look,
  Permission,
  RingWatcher,
} from '../../../operator/console-place.ts';
import { plan } from '../../../operator/planner/plan.ts';
import { IdealRing } from '../planner/ideal-ring.ts';

export const TOKEN = 'open-sesame';
/** Of somebody who is known and may change nothing. */
export const GUEST = 'let-me-look';

export function lookAt(ring: IdealRing): Look {
  const observed = ring.observe();
  return { desired: ring.desired, observed, plan: plan(ring.desired, observed) };
}

/** What was asked of a node by hand, in order. */
export class NotedHands implements Hands {
  readonly notes: string[] = [];
  handlingOf(): null {
    return null;
  }
  stop(id: NodeId): Promise<void> {
    return this.note('stop', id);
  }
  start(id: NodeId): Promise<void> {
    return this.note('start', id);
  }
  kill(id: NodeId): Promise<void> {
    return this.note('kill', id);
  }
  pause(id: NodeId): Promise<void> {
    return this.note('pause', id);
  }
  resume(id: NodeId): Promise<void> {
    return this.note('resume', id);
  }
  private note(act: string, id: NodeId): Promise<void> {
    this.notes.push(`${act} ${id}`);
    return Promise.resolve();
  }
}

export class PlaceAtHand implements ConsolePlace {
  readonly kind = 'local';
  readonly ideal: IdealRing;
  readonly hands: NotedHands | null = new NotedHands();
  readonly handlesNodes = true;
  takesChanges = true;
  /** How many watch it. */
  get watched(): number {
    return this.watchers.size;
  }
  clients: readonly string[] = [];
  private readonly watchers = new Set<RingWatcher>();

  private readonly isWatchedAnyway: boolean;
  private readonly dev: ConsoleRing;

  constructor(ideal: IdealRing, isWatchedAnyway = true) {
    this.ideal = ideal;
    this.isWatchedAnyway = isWatchedAnyway;
    this.dev = this.open();
  }

  rings(): Promise<readonly string[]> {
    return Promise.resolve(['dev']);
  }

  permits(token: string): Promise<Permission> {
    return Promise.resolve(
      token === TOKEN ? 'permitted' : token === GUEST ? 'forbidden' : 'unknown',
    );
  }

  ring(name: string): Promise<ConsoleRing | null> {
    return Promise.resolve(name === 'dev' ? this.dev : null);
  }

  private open(): ConsoleRing {
    return {
      name: 'dev',
      isWatchedAnyway: this.isWatchedAnyway,
      watch: (watcher) => {
        this.watchers.add(watcher);
        watcher.looked(lookAt(this.ideal));
        return () => this.watchers.delete(watcher);
      },
      clientUrls: () => this.clients,
      adminUrl: () => null,
      scale: (replicas) => {
        if (replicas < this.ideal.desired.replicationFactor)
          throw new RingError('MANIFEST_INVALID', 'replicas is below replicationFactor');
        this.ideal.desired = { ...this.ideal.desired, replicas };
        return Promise.resolve();
      },
      hands: this.hands,
    };
  }

  /** One pass of the operator, and what it saw before it. */
  pass(): void {
    const look = lookAt(this.ideal);
    for (const watcher of this.watchers) watcher.looked(look);
    this.ideal.pass();
  }

  tell(text: string): void {
    for (const watcher of this.watchers) watcher.told({ kind: 'process', text });
  }
}

export interface Call {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  json(): Record<string, unknown>;
}

export interface ConsoleAtHand {
  readonly place: PlaceAtHand;
  readonly origin: string;
  readonly ask: (path: string, call?: Call) => Promise<Answer>;
  /** With the token. */
  readonly order: (path: string, call: Call) => Promise<Answer>;
}

export async function withConsole(
  ideal: IdealRing,
  work: (console: ConsoleAtHand) => Promise<void>,
  isWatchedAnyway = true,
): Promise<void> {
  const place = new PlaceAtHand(ideal, isWatchedAnyway);
  const opened = await openConsole(place, { port: 0, orAny: false });
  const origin = `http://127.0.0.1:${opened.port}`;
  const ask = async (path: string, call: Call = {}): Promise<Answer> => {
    const answer = await request(`${origin}${path}`, {
      method: call.method ?? 'GET',
      headers: call.headers ?? {},
      body: call.body ?? null,
    });
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
    };
  };
  try {
    await work({
      place,
      origin,
      ask,
      order: (path, call) =>
        ask(path, { ...call, headers: { ...call.headers, authorization: `Bearer ${TOKEN}` } }),
    });
  } finally {
    await opened.close();
  }
}
