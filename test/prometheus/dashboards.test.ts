// Every query of every dashboard and alert, on a real Prometheus that scrapes a real ring through a
// scale-out: none errs, none is empty.
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BOARDS, RULES } from '../../helm/monitoring/files.ts';
import type { Board } from '../../helm/monitoring/panel.ts';
import { OperatedRing } from '../live/operated-ring.ts';
import { until } from '../live/until.ts';
import { describeWithPrometheus } from './describe.ts';
import { operatorOnApiServer } from './kube-operator.ts';
import type { KubeOperator } from './kube-operator.ts';
import { Prometheus } from './server.ts';

const MINUTES = 60_000;

/** What Grafana puts in: the ring, all members, and spans that fit a test. */
const VALUES: Readonly<Record<string, string>> = {
  $__rate_interval: '5s',
  $__range: '2m',
  $cluster: 'ring',
  $pod: '.*',
};
const OPERATORS = 'operators';

/** `$namespace` is the operator's on its own dashboard. */
function filledIn(expr: string, board: Board): string {
  const namespace = board.name === 'operator' ? OPERATORS : 'local';
  return Object.entries({ ...VALUES, $namespace: namespace }).reduce(
    (text, [name, value]) => text.replaceAll(name, value),
    expr,
  );
}

/** Keys are written, read and deleted until it is aborted. */
async function load(port: number, signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const url = `http://127.0.0.1:${port}/v1/kv/key-${i % 500}`;
    for (const method of ['PUT', 'GET', ...(i % 10 === 0 ? ['DELETE'] : [])]) {
      const body = method === 'PUT' ? { body: 'x'.repeat(1000) } : {};
      // A client that is sent away from a node that stops comes again.
      const answer = await fetch(url, { method, ...body, signal }).catch(() => null);
      await answer?.arrayBuffer().catch(() => null);
    }
  }
}

const PANELS = BOARDS.flatMap((board) =>
  board.rows.flatMap((row) =>
    row.panels.flatMap((panel) =>
      panel.queries.map(({ expr, legend }) => ({
        name: `${board.title} / ${row.title} / ${panel.title}: ${legend}`,
        expr: filledIn(expr, board),
        needsApiServer: expr.includes('rest_client_'),
      })),
    ),
  ),
);
const MARKS = BOARDS.flatMap((board) =>
  board.marks.map(({ title, expr }) => ({
    name: `${board.title} / ${title}`,
    expr: filledIn(expr, board),
    /** Nothing restarts here, and nobody else comes to lead. */
    isSeen: title === 'Ring change',
  })),
);

describeWithPrometheus('a ring that grows, watched by a real Prometheus', () => {
  let ring: OperatedRing;
  let prometheus: Prometheus;
  let kube: KubeOperator | null = null;
  let sinceMs = 0;

  beforeAll(async () => {
    ring = await OperatedRing.start({ replicas: 3, replicationFactor: 3 });
    kube = await operatorOnApiServer();
    prometheus = await Prometheus.start(configFor(ring, kube));
    sinceMs = Date.now();
    const loading = new AbortController();
    const loaded = load(ring.proxyPort, loading.signal);
    await until('three members are scraped', MINUTES, async () => {
      return (await prometheus.now('count(dht_node_serving)')) === 3;
    });
    ring.scale(4);
    await ring.untilConverged(2 * MINUTES);
    await until('four members were scraped for a while after the change', MINUTES, async () => {
      const seconds = await prometheus.now('min(count_over_time(dht_node_serving[1m]))');
      return (await prometheus.now('count(dht_node_serving)')) === 4 && (seconds ?? 0) > 8;
    });
    loading.abort();
    await loaded;
  }, 6 * MINUTES);

  afterAll(() => prometheus?.stop(), MINUTES);
  afterAll(() => kube?.stop(), MINUTES);
  afterAll(() => ring?.destroy(), MINUTES);

  test.each(PANELS)('$name', async ({ expr, needsApiServer }) => {
    const series = await prometheus.range(expr, sinceMs);
    // Without an API server nobody calls it: that the query is one must do.
    if (needsApiServer && kube === null) return;
    const known = series.filter(({ values }) => values.some(([, value]) => value !== 'NaN'));
    expect(known.length).toBeGreaterThan(0);
  });

  test.each(MARKS)('$name', async ({ expr, isSeen }) => {
    const series = await prometheus.range(expr, sinceMs);
    if (isSeen) expect(series.length).toBeGreaterThan(0);
  });

  test('what the dashboards let people choose from is there', async () => {
    const variables = BOARDS.flatMap((board) =>
      board.variables.map(({ query }) => filledIn(query, board)),
    );
    for (const query of variables) {
      const [, match, label] = /^label_values\((.*), (\w+)\)$/.exec(query)!;
      const found = await prometheus.ask<readonly object[]>('series', { 'match[]': match! });
      expect(found).not.toEqual([]);
      expect(found.every((each) => label! in each)).toBe(true);
    }
  });

  test('a slow answer leads to the id of its request', async () => {
    const found = await prometheus.ask<
      readonly { readonly exemplars: readonly { readonly labels: object }[] }[]
    >('query_exemplars', {
      query: 'dht_node_request_duration_seconds_bucket',
      start: String(sinceMs / 1000),
      end: String(Date.now() / 1000),
    });
    expect(found[0]?.exemplars[0]?.labels).toEqual({ request_id: expect.stringMatching(/^\S+$/) });
  });

  test('no alert errs, and none that calls a person in the night fires while a ring grows', async () => {
    const { groups } = await prometheus.ask<{
      readonly groups: readonly {
        readonly rules: readonly {
          readonly name: string;
          readonly health: string;
          readonly state: string;
          readonly labels: { readonly severity: string };
        }[];
      }[];
    }>('rules');
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    const firing = rules.filter(({ state, labels }) => {
      return state === 'firing' && labels.severity === 'critical';
    });
    expect(firing).toEqual([]);
  });
});

function configFor(ring: OperatedRing, kube: KubeOperator | null): object {
  const operator = (port: number, pod: string): object => ({
    job_name: pod,
    // As the chart's PodMonitor: dht_ring_* name the namespace of the ring.
    honor_labels: true,
    static_configs: [{ targets: [`127.0.0.1:${port}`], labels: { namespace: OPERATORS, pod } }],
  });
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [resolve(RULES)],
    scrape_configs: [
      operator(ring.metricsPort, 'local'),
      ...(kube === null ? [] : [operator(kube.metricsPort, 'kube')]),
      {
        job_name: 'members',
        http_sd_configs: [
          { url: `http://127.0.0.1:${ring.metricsPort}/targets`, refresh_interval: '1s' },
        ],
      },
    ],
  };
}
