// The port between the console and where rings run: what it is shown of a ring, and what it may ask for.
// The platforms implement it; the console knows neither of them.
import type { NodeId } from '../core/api/ids.ts';
import type { Desired, Observed } from './planner/observed.ts';
import type { Plan } from './planner/plan.ts';

/** A ring at one moment, as one pass of the operator saw it. */
export interface Look {
  readonly desired: Desired;
  readonly observed: Observed;
  readonly plan: Plan;
}

/** What happened, in words. */
export interface Telling {
  readonly kind: 'trouble' | 'change' | 'healthy' | 'waits' | 'manifest' | 'process';
  readonly text: string;
}

export interface RingWatcher {
  looked(look: Look): void;
  told(telling: Telling): void;
}

/** What somebody did to a node by hand; the planner sees only a node that does not answer. */
export type Handling = 'held' | 'paused';

/** Processes by hand, to see what a ring does about it. Where a node is not there: NOT_FOUND. */
export interface Hands {
  handlingOf(id: NodeId): Handling | null;
  /** Stops it in order; it stays stopped until it is started by hand. */
  stop(id: NodeId): Promise<void>;
  start(id: NodeId): Promise<void>;
  /** Ends it at once, as a crash does: it starts again by itself. */
  kill(id: NodeId): Promise<void>;
  /** Keeps it from running: to its peers it is silent. */
  pause(id: NodeId): Promise<void>;
  resume(id: NodeId): Promise<void>;
}

export interface ConsoleRing {
  readonly name: string;
  /** Looks are taken whether anybody watches or not: then what happened before a page came is known. */
  readonly isWatchedAnyway: boolean;
  /** Looks as they are taken, until the function that is returned is called. */
  watch(watcher: RingWatcher): () => void;
  /** URLs of members' client ports, best first; the ring's own address where it has one. */
  clientUrls(look: Look): readonly string[];
  /** URL of a member's admin port, for its metrics; null: not known. */
  adminUrl(id: NodeId): string | null;
  /** Asks for so many members. `token` is the caller's. Throws MANIFEST_INVALID, FORBIDDEN. */
  scale(replicas: number, token: string): Promise<void>;
  /** null: this platform lets nobody handle nodes. */
  readonly hands: Hands | null;
}

export interface ConsolePlace {
  readonly kind: 'local' | 'kubernetes';
  /** Whether its rings have hands. */
  readonly handlesNodes: boolean;
  /** Names of the rings there are now, ascending. */
  rings(): Promise<readonly string[]>;
  /** null: there is no such ring. The same object for as long as it is the same ring. */
  ring(name: string): Promise<ConsoleRing | null>;
  /** False: nothing is ever changed here, whoever asks. */
  readonly takesChanges: boolean;
  /** Whether who shows this token may change the ring. */
  permits(token: string, ring: string): Promise<Permission>;
}

/** `unknown`: nobody has this token. */
export type Permission = 'permitted' | 'forbidden' | 'unknown';

/** A console that listens. */
export interface OpenConsole {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens the console; injected into the platforms, which may not know it. */
export type ConsoleOpener = (place: ConsolePlace, at: ConsoleAddress) => Promise<OpenConsole>;

export interface ConsoleAddress {
  readonly port: number;
  /** Takes any free port where this one is held. */
  readonly orAny: boolean;
}
