// What clients get: rate, errors, duration.
import { LATENCY_BOUNDS, OUTCOMES } from './http-meter.ts';
import { VERBS } from './http/exchange.ts';
import { counter, gauge, histogram, table } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import type { MetricsSources } from './picture.ts';

export const LATENCY = 'dht_node_request_duration_seconds';

export function requestMetrics(
  registry: Metrics,
  { http, inFlight, driver }: Pick<MetricsSources, 'http' | 'inFlight' | 'driver'>,
): void {
  table(
    registry,
    {
      name: 'dht_node_requests_total',
      help: 'Client requests by verb and outcome. unavailable rising: quorums fail; failed: a bug.',
    },
    () =>
      VERBS.flatMap((verb) =>
        OUTCOMES.map((outcome) => [{ verb, outcome }, http.count(verb, outcome)] as const),
      ),
  );
  histogram(
    registry,
    {
      name: LATENCY,
      help: "Seconds from a request's headers to its answer. Rising: disk, peers or node are slow.",
    },
    () => VERBS.map((verb) => ({ labels: { verb }, ...http.latency(verb) })),
    LATENCY_BOUNDS,
  );
  gauge(
    registry,
    {
      name: 'dht_node_requests_in_flight',
      help: 'Client requests being answered. Rising while requests_total does not: it is stuck.',
    },
    inFlight,
  );
  gauge(
    registry,
    {
      name: 'dht_node_operations_pending',
      help: 'Questions to the ring without a verdict. Rising: replicas answer slowly.',
    },
    () => driver.pendingRequests,
  );
  counter(
    registry,
    {
      name: 'dht_node_steps_total',
      help: 'Inputs of the replica. Rising faster than requests: repair or handoff runs.',
    },
    () => driver.meters.steps,
  );
}
