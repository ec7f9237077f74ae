// Snapshots and watches of the API server, for reflectors.
import type { Access } from './access.ts';
import { RingError } from '../../core/errors.ts';
import { WATCH_GRACE_MS } from '../../core/limits.ts';
import type { KubeObject, KubeWatcher, WatchEvent, WatchScope } from './api.ts';
import { KubeCalls, snapshot, type KubeApiOptions } from './calls.ts';
import { openStream, type KubeStream } from './http.ts';
import { collectionPath, selectorText } from './paths.ts';
import { refusalOf } from './refusals.ts';

export function kubeWatcher(config: Access, options: KubeApiOptions = {}): KubeWatcher {
  const calls = new KubeCalls(config, options);
  return {
    snapshot: (scope, signal) => snapshot(calls, scope, signal),
    watch: (scope, from, signal) => watch(calls, scope, from, signal),
  };
}

async function* watch<T extends KubeObject>(
  calls: KubeCalls,
  scope: WatchScope,
  from: { readonly resourceVersion: string; readonly seconds: number },
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  const what = `watch ${scope.kind.plural}`;
  try {
    const stream = await open(calls, scope, from, signal);
    if (stream.status === 410) yield { kind: 'expired' };
    else if (stream.status !== 200) throw refused(stream, what);
    else for await (const line of stream.lines) yield eventOf<T>(line, what);
  } catch (cause) {
    if (signal.aborted) return;
    if (cause instanceof RingError) throw cause;
    throw refusalOf({ kind: 'silent', mayBeDone: true, cause }, what);
  }
}

async function open(
  { config, options }: KubeCalls,
  { kind, namespace, selector = {} }: WatchScope,
  { resourceVersion, seconds }: { readonly resourceVersion: string; readonly seconds: number },
  signal: AbortSignal,
): Promise<KubeStream> {
  const { timers, callMs, observer } = options;
  const query = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(seconds),
    resourceVersion,
    ...(Object.keys(selector).length > 0 ? { labelSelector: selectorText(selector) } : {}),
  };
  const begunMs = timers.nowMs();
  const tell = (code: string): void =>
    observer?.called({ verb: 'watch', resource: kind.plural, code, ms: timers.nowMs() - begunMs });
  try {
    const path = collectionPath(kind, namespace);
    const silenceMs = seconds * 1000 + WATCH_GRACE_MS;
    const call = { method: 'GET', path, query } as const;
    const stream = await openStream(config, call, { callMs, silenceMs, signal });
    tell(String(stream.status));
    return stream;
  } catch (cause) {
    tell('silent');
    throw cause;
  }
}

const refused = ({ status, text }: Pick<KubeStream, 'status' | 'text'>, what: string): RingError =>
  refusalOf({ kind: 'answered', status, text, retryAfterMs: null }, what);

/** One line of a watch. An error in it ends the watch: 410 is `expired`, all else is thrown. */
function eventOf<T extends KubeObject>(line: string, what: string): WatchEvent<T> {
  const { type, object } = JSON.parse(line) as { type: string; object: T };
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'set', object };
    case 'DELETED':
      return { kind: 'gone', object };
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion: object.metadata.resourceVersion ?? '' };
    case 'ERROR': {
      const status = (object as unknown as { code?: number }).code ?? 500;
      if (status === 410) return { kind: 'expired' };
      throw refused({ status, text: JSON.stringify(object) }, what);
    }
    default:
      throw new RingError('PEER_UNREACHABLE', `${what}: an event of the unknown type ${type}`);
  }
}
