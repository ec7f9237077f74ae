// How the process itself fares: event loop, garbage collection, memory, CPU.
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import type { PerformanceEntry } from 'node:perf_hooks';
import { counter, counters, gauge, gauges } from './metrics.ts';
import type { Metrics } from './metrics.ts';

/** Until the signal is aborted the event loop and the collector are watched. */
export function processMetrics(registry: Metrics, signal: AbortSignal): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const gcSeconds = new Map<string, number>();
  const collections = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration, detail } = entry as PerformanceEntry & {
        readonly detail?: { readonly kind: number };
      };
      const kind = GC_KINDS[detail?.kind ?? 0] ?? 'other';
      gcSeconds.set(kind, (gcSeconds.get(kind) ?? 0) + duration / 1000);
    }
  });
  collections.observe({ entryTypes: ['gc'] });
  signal.addEventListener('abort', () => {
    delay.disable();
    collections.disconnect();
  });
  gauges(
    registry,
    {
      name: 'dht_node_event_loop_delay_seconds',
      help: 'How late timers run since the last scrape, by percentile. Above 0.1: it is overloaded.',
    },
    'percentile',
    () => {
      const rows = [50, 99, 100].map((q) => [String(q), seconds(delay.percentile(q))] as const);
      delay.reset();
      return rows;
    },
  );
  counters(
    registry,
    {
      name: 'dht_node_gc_seconds_total',
      help: 'Seconds spent collecting garbage by kind. major rising fast: memory is short.',
    },
    'kind',
    () => Object.values(GC_KINDS).map((kind) => [kind, gcSeconds.get(kind) ?? 0]),
  );
  resourceMetrics(registry);
}

function resourceMetrics(registry: Metrics): void {
  gauge(
    registry,
    {
      name: 'dht_node_resident_memory_bytes',
      help: 'Resident memory of the process. Rising without end: a leak.',
    },
    () => process.memoryUsage.rss(),
  );
  gauge(
    registry,
    {
      name: 'dht_node_heap_used_bytes',
      help: 'Heap in use. Rising after each major collection: a leak.',
    },
    () => process.memoryUsage().heapUsed,
  );
  counter(
    registry,
    {
      name: 'dht_node_cpu_seconds_total',
      help: 'CPU time used. Near 1 a second: one core is all it can use.',
    },
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  );
  const startedSeconds = Date.now() / 1000 - process.uptime();
  gauge(
    registry,
    {
      name: 'dht_node_start_time_seconds',
      help: 'When the process started, Unix time. Changing: it restarts.',
    },
    () => startedSeconds,
  );
}

/** Of the delay histogram, which counts nanoseconds; nothing measured yet is no delay. */
function seconds(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds - DELAY_RESOLUTION_NS) / 1e9 : 0;
}

/** The histogram's own period is part of what it measures. */
const DELAY_RESOLUTION_NS = 20e6;

/** perf_hooks.constants.NODE_PERFORMANCE_GC_*. */
const GC_KINDS: Readonly<Record<number, string>> = {
  1: 'minor',
  4: 'major',
  8: 'incremental',
  16: 'weak',
};
