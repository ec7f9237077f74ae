// What the console sees of a local ring, and what it may do to it. The token lies in the state folder:
// who can read that may do all this by hand as well.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { NodeId } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import { LOCAL_HOST } from '../../core/limits.ts';
import type {
  ConsolePlace,
  ConsoleRing,
  Hands,
  Look,
  RingWatcher,
  Telling,
} from '../console-place.ts';
import { readIfThere, writeDurably } from './durable-file.ts';
import { withField } from './manifest-text.ts';
import type { ManifestFile } from './manifest.ts';
import type { PortBook } from './ports.ts';
import { isPaused } from './process-identity.ts';
import type { Supervisor } from './supervisor.ts';

export interface LocalConsoleParts {
  readonly manifest: ManifestFile;
  readonly ports: PortBook;
  readonly supervisor: Supervisor;
  readonly token: string;
  /** Client address of the whole ring. */
  readonly url: string;
}

/** The place, and where its platform tells what it sees. */
export interface LocalConsole {
  readonly place: ConsolePlace;
  looked(look: Look): void;
  /** Lines as the terminal shows them: a mark for their kind, then the text. */
  told(lines: readonly string[]): void;
}

export function localConsole(parts: LocalConsoleParts): LocalConsole {
  const { manifest, token } = parts;
  const watchers = new Set<RingWatcher>();
  let newest: Look | null = null;
  const name = manifest.folder.cluster;
  const ring: ConsoleRing = {
    name,
    isWatchedAnyway: true,
    watch: (watcher) => {
      watchers.add(watcher);
      if (newest !== null) watcher.looked(newest);
      return () => watchers.delete(watcher);
    },
    clientUrls: () => [parts.url],
    adminUrl: (id) => {
      const known = parts.ports.of(id);
      return known === null ? null : `http://${LOCAL_HOST}:${known.admin}`;
    },
    scale: (replicas) => scale(manifest, replicas),
    hands: handsOf(parts.supervisor),
  };
  return {
    place: {
      kind: 'local',
      handlesNodes: true,
      rings: () => Promise.resolve([name]),
      ring: (wanted) => Promise.resolve(wanted === name ? ring : null),
      takesChanges: true,
      permits: (shown) => Promise.resolve(isSame(shown, token) ? 'permitted' : 'unknown'),
    },
    looked: (look) => {
      newest = look;
      for (const watcher of watchers) watcher.looked(look);
    },
    told: (lines) => {
      const telling = tellingOf(lines);
      if (telling !== null) for (const watcher of watchers) watcher.told(telling);
    },
  };
}

/** The same as an edit by hand; the watched file brings it about. */
async function scale({ path }: ManifestFile, replicas: number): Promise<void> {
  const text = await readIfThere(path);
  if (text === null) throw new RingError('NOT_FOUND', `the manifest ${path} is gone`);
  const edited = withField(text, ['replicas'], replicas);
  if (edited !== text) await writeDurably(path, edited);
}

function handsOf(supervisor: Supervisor): Hands {
  return {
    handlingOf: (id) => {
      if (supervisor.isHeld(id)) return 'held';
      const record = supervisor.recordOf(id);
      return record !== null && isPaused(record) ? 'paused' : null;
    },
    stop: (id) => supervisor.hold(id),
    start: (id) => supervisor.release(id),
    kill: (id) => signal(supervisor, id, 'SIGKILL'),
    pause: (id) => signal(supervisor, id, 'SIGSTOP'),
    resume: (id) => signal(supervisor, id, 'SIGCONT'),
  };
}

function signal(
  supervisor: Supervisor,
  id: NodeId,
  name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT',
): Promise<void> {
  return new Promise((resolve) => {
    supervisor.signal(id, name);
    resolve();
  });
}

/** Compares digests, so that neither the length nor the first wrong byte shows in the time taken. */
function isSame(shown: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}

const KINDS: Readonly<Record<string, Telling['kind']>> = {
  '!': 'trouble',
  '~': 'change',
  '=': 'healthy',
  '.': 'waits',
  '*': 'manifest',
  ' ': 'process',
};

function tellingOf(lines: readonly string[]): Telling | null {
  const kind = KINDS[lines[0]?.[0] ?? ''];
  if (kind === undefined) return null;
  return {
    kind,
    text: lines.map((line) => line.replace(/^[!~=.*]? +/, '').replace(/ {2,}/g, ' ')).join(' '),
  };
}
