// What this node tells Prometheus, put together. Each look at the page takes one picture of the node,
// which all metrics are read from.
import { LATENCY_BOUNDS } from './http-meter.ts';
import type { Example, HttpMeter } from './http-meter.ts';
import { VERBS } from './http/exchange.ts';
import type { Verb } from './http/exchange.ts';
import { newMetrics } from './metrics.ts';
import { OPEN_METRICS, toOpenMetrics, wantsOpenMetrics } from './open-metrics.ts';
import { photographer } from './picture.ts';
import type { MetricsSources, Picture } from './picture.ts';
import { processMetrics } from './process-metrics.ts';
import { replicaMetrics } from './replica-metrics.ts';
import { LATENCY, requestMetrics } from './request-metrics.ts';
import { ringMetrics } from './ring-metrics.ts';
import { storeMetrics } from './store-metrics.ts';
import { transportMetrics } from './transport-metrics.ts';

export interface MetricsPage {
  /** `accept`: the header of who asks. */
  render(accept?: string): Promise<{ readonly type: string; readonly text: string }>;
}

export function metricsPage(sources: MetricsSources): MetricsPage {
  const registry = newMetrics();
  const take = photographer(sources);
  let picture = take();
  const now = (): Picture => picture;
  requestMetrics(registry, sources);
  ringMetrics(registry, sources.driver, now);
  replicaMetrics(registry, sources.driver);
  storeMetrics(registry, now);
  transportMetrics(registry, sources.driver, now);
  processMetrics(registry, sources.signal);
  const examples = examplesOf(sources.http);
  return {
    render: async (accept = '') => {
      picture = take();
      const text = await registry.metrics();
      return wantsOpenMetrics(accept)
        ? { type: OPEN_METRICS, text: toOpenMetrics(text, examples) }
        : { type: registry.contentType, text };
    },
  };
}

function examplesOf(http: HttpMeter): (series: string) => Example | null {
  const places = new Map<string, { readonly verb: Verb; readonly bucket: number }>(
    VERBS.flatMap((verb) =>
      [...LATENCY_BOUNDS, '+Inf'].map(
        (le, bucket) => [`${LATENCY}_bucket{le="${le}",verb="${verb}"}`, { verb, bucket }] as const,
      ),
    ),
  );
  return (series) => {
    const place = places.get(series);
    return place === undefined ? null : http.example(place.verb, place.bucket);
  };
}
