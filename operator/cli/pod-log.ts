// The log of one pod as the API server passes it on: what is kept, and then what comes.
import { RingError } from '../../core/errors.ts';
import { KUBE_LOG_SILENCE_MS } from '../../core/limits.ts';
import type { KubeRef } from '../kubernetes/api.ts';
import { openStream } from '../kubernetes/http.ts';
import type { KubeStream } from '../kubernetes/http.ts';
import { PODS } from '../kubernetes/kinds.ts';
import { CONTAINER } from '../kubernetes/manifests/pod-template.ts';
import { objectPath } from '../kubernetes/paths.ts';
import { refusalOf } from '../kubernetes/refusals.ts';
import type { Door } from './kubernetes-door.ts';
import { isWanted, parseLine } from './log-lines.ts';
import type { LogLine } from './log-lines.ts';
import type { LogWish } from './target.ts';

type Named = Pick<KubeRef, 'namespace' | 'name'>;

/** The moment of a line as the kubelet stamps it, apart from the line's own time: seconds and the rest. */
interface Stamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const isAfter = (one: Stamp, other: Stamp): boolean =>
  one.seconds > other.seconds ||
  (one.seconds === other.seconds && one.nanoseconds > other.nanoseconds);

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d)(?= )/;

type Query = Readonly<Record<string, string>>;

export class PodLog {
  readonly #door: Door;
  readonly #where: Named;
  readonly #wish: LogWish;
  readonly #closing = new AbortController();
  #last: Stamp | null = null;
  #come: LogLine[] = [];
  #isOpen = false;
  #failure: RingError | null = null;

  constructor(door: Door, where: Named, wish: LogWish) {
    this.#door = door;
    this.#where = where;
    this.#wish = wish;
  }

  /** Nothing more comes. */
  get isOver(): boolean {
    return !this.#isOpen && this.#come.length === 0;
  }

  /** What was said until now, by the container before the last restart as well. */
  async kept(restarts: number): Promise<readonly LogLine[]> {
    const { filter, tail } = this.#wish;
    const found: LogLine[] = [];
    const queries: readonly Query[] = restarts > 0 ? [{ previous: 'true' }, {}] : [{}];
    for (const query of queries) {
      for await (const line of this.#lines(query)) {
        if (!isWanted(line, filter)) continue;
        found.push(line);
        // No more is held than is shown, however long a log is.
        if (found.length > 2 * tail) found.splice(0, found.length - tail);
      }
    }
    return found.slice(-tail);
  }

  /** What came since the last look. Throws where the API server does not pass it on. */
  come(isThere: boolean): readonly LogLine[] {
    if (this.#failure !== null) throw this.#failure;
    if (!this.#isOpen && isThere) void this.#follow();
    return this.#come.splice(0);
  }

  close(): void {
    this.#closing.abort();
  }

  /** Ends with the container, or when nothing was heard for long; the next look begins where it ended. */
  async #follow(): Promise<void> {
    this.#isOpen = true;
    try {
      for await (const line of this.#lines({ follow: 'true' }))
        if (isWanted(line, this.#wish.filter)) this.#come.push(line);
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      // An API server that is away comes back; what it refuses, it refuses again.
      if (error.code !== 'PEER_UNREACHABLE') this.#failure = error;
    } finally {
      this.#isOpen = false;
    }
  }

  /** Lines after the last one that was read here. Fails with RingErrors alone. */
  async *#lines(query: Query): AsyncGenerator<LogLine> {
    const what = `logs of ${this.#where.name}`;
    try {
      const stream = await this.#open(query);
      const { status, text } = stream;
      // It has not begun, or is gone: it has nothing to say.
      if (status === 400 || status === 404) return;
      if (status !== 200)
        throw refusalOf({ kind: 'answered', status, text, retryAfterMs: null }, what);
      for await (const each of stream.lines) {
        const line = this.#lineOf(each);
        if (line !== null) yield line;
      }
    } catch (cause) {
      if (cause instanceof RingError) throw cause;
      throw refusalOf({ kind: 'silent', mayBeDone: true, cause }, what);
    }
  }

  #open(query: Query): Promise<KubeStream> {
    const { config, options } = this.#door.calls;
    const sinceMs = this.#last === null ? this.#wish.filter.sinceMs : this.#last.seconds * 1000;
    const asked: Record<string, string> = { container: CONTAINER, timestamps: 'true', ...query };
    // The API server takes whole seconds.
    if (sinceMs > 0) asked.sinceTime = `${new Date(sinceMs).toISOString().slice(0, 19)}Z`;
    const path = `${objectPath({ kind: PODS, ...this.#where })}/log`;
    return openStream(
      config,
      { method: 'GET', path, query: asked },
      { callMs: options.callMs, silenceMs: KUBE_LOG_SILENCE_MS, signal: this.#closing.signal },
    );
  }

  /** `2026-01-31T12:00:00.123456789Z {"level":…}`; null: it was read before. */
  #lineOf(text: string): LogLine | null {
    const { name } = this.#where;
    const [head, fraction = ''] = STAMP.exec(text) ?? [];
    // What the kubelet itself has to say bears no stamp.
    if (head === undefined) return parseLine(text, name, (this.#last?.seconds ?? 0) * 1000);
    const ms = Date.parse(head);
    const stamp = { seconds: Math.floor(ms / 1000), nanoseconds: Number(fraction.padEnd(9, '0')) };
    if (this.#last !== null && !isAfter(stamp, this.#last)) return null;
    this.#last = stamp;
    return parseLine(text.slice(head.length + 1), name, ms);
  }
}
