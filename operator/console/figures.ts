// What the members measure of themselves, read from their metrics pages while somebody looks: when they
// started, how many requests they answer and how fast.
import { request } from 'undici';
import type { NodeId } from '../../core/api/ids.ts';
import { ADMIN_CALL_MS, CONSOLE_FIGURES_IN_FLIGHT, CONSOLE_FIGURES_MS } from '../../core/limits.ts';
import type { FiguresView } from './view.ts';

export interface FiguresWatch {
  of(id: NodeId): FiguresView | null;
  /** Asks again and again; idempotent. */
  run(ids: () => readonly NodeId[]): void;
  rest(): void;
}

export function watchFigures(
  urlOf: (id: NodeId) => string | null,
  changed: () => void,
): FiguresWatch {
  const known = new Map<NodeId, { readonly page: MetricsPage; readonly view: FiguresView }>();
  let timer: NodeJS.Timeout | null = null;
  let runs = false;
  const askOne = async (id: NodeId): Promise<void> => {
    const url = urlOf(id);
    const page = url === null ? null : await pageOf(url);
    if (page === null) known.delete(id);
    else known.set(id, { page, view: figures(page, known.get(id)?.page ?? null) });
  };
  const round = async (ids: readonly NodeId[]): Promise<void> => {
    for (const id of known.keys()) if (!ids.includes(id)) known.delete(id);
    const queue = [...ids];
    const worker = async (): Promise<void> => {
      for (let id = queue.shift(); id !== undefined && runs; id = queue.shift()) await askOne(id);
    };
    await Promise.all(Array.from({ length: CONSOLE_FIGURES_IN_FLIGHT }, worker));
    changed();
  };
  return {
    of: (id) => known.get(id)?.view ?? null,
    run: (ids) => {
      if (runs) return;
      runs = true;
      const again = (): void => {
        void round(ids()).finally(() => {
          if (runs) timer = setTimeout(again, CONSOLE_FIGURES_MS);
        });
      };
      again();
    },
    rest: () => {
      runs = false;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

/** Of one metrics page what is shown here. */
export interface MetricsPage {
  readonly startedMs: number;
  readonly atMs: number;
  /** Upper bounds in seconds, ascending, the last one Infinity, and requests at or below each. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

async function pageOf(url: string): Promise<MetricsPage | null> {
  try {
    const answer = await request(`${url}/metrics`, { signal: AbortSignal.timeout(ADMIN_CALL_MS) });
    const text = await answer.body.text();
    return answer.statusCode === 200 ? readPage(text, Date.now()) : null;
  } catch {
    // Who does not answer has no figures; that it does not is told elsewhere.
    return null;
  }
}

const BUCKET = /^dht_node_request_duration_seconds_bucket\{(.*)\} (\S+)/;
const STARTED = /^dht_node_start_time_seconds(?:\{.*\})? (\S+)/;

/** Reads Prometheus' text format as our nodes write it. */
export function readPage(text: string, atMs: number): MetricsPage {
  const counts = new Map<number, number>();
  let startedMs = 0;
  for (const line of text.split('\n')) {
    const bucket = BUCKET.exec(line);
    if (bucket !== null) {
      const bound = /le="([^"]*)"/.exec(bucket[1]!)?.[1] ?? '';
      const seconds = bound === '+Inf' ? Infinity : Number(bound);
      counts.set(seconds, (counts.get(seconds) ?? 0) + Number(bucket[2]));
    } else {
      const started = STARTED.exec(line);
      if (started !== null) startedMs = Number(started[1]) * 1000;
    }
  }
  const bounds = [...counts.keys()].sort((a, b) => a - b);
  return { startedMs, atMs, bounds, counts: bounds.map((bound) => counts.get(bound)!) };
}

/** Between two pages of one process; the first one tells since its start. */
export function figures(page: MetricsPage, before: MetricsPage | null): FiguresView {
  const same = before?.startedMs === page.startedMs && before.bounds.length === page.bounds.length;
  const since = same ? before.atMs : page.startedMs;
  const counts = page.counts.map((count, i) => count - (same ? before.counts[i]! : 0));
  const total = counts.at(-1) ?? 0;
  const seconds = Math.max(0.001, (page.atMs - since) / 1000);
  return {
    startedMs: page.startedMs,
    perSecond: total / seconds,
    p50Ms: quantileMs(page.bounds, counts, 0.5),
    p99Ms: quantileMs(page.bounds, counts, 0.99),
  };
}

/** Even within a bucket, as Prometheus does it; beyond the last bound that bound. null: nothing came. */
function quantileMs(
  bounds: readonly number[],
  counts: readonly number[],
  q: number,
): number | null {
  const total = counts.at(-1) ?? 0;
  if (total <= 0) return null;
  const rank = q * total;
  const at = counts.findIndex((count) => count >= rank);
  const [low, below] = at === 0 ? [0, 0] : [bounds[at - 1]!, counts[at - 1]!];
  const high = bounds[at]!;
  if (high === Infinity) return low * 1000;
  return (low + ((high - low) * (rank - below)) / Math.max(1, counts[at]! - below)) * 1000;
}
