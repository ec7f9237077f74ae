// docs/metrics.md: every metric, what it means, and which alert or panel shows it.
import { RUNBOOKS } from './alert.ts';
import { ALERTS } from './alerts.ts';
import { exportedByNode, exportedByOperator } from './exported.ts';
import type { Metric } from './exported.ts';
import { BOARDS } from './files.ts';

export const REFERENCE = 'docs/metrics.md';

/** Names that stand in an expression; those of a histogram's series are the histogram's. */
export function namesIn(expr: string): readonly string[] {
  const names = expr.match(
    /\b(?:dht|controller_runtime|workqueue|rest_client|process|leader_election)_\w+/g,
  );
  return [...new Set(names ?? [])];
}

export const isNamed = ({ name, type }: Metric, expr: string): boolean =>
  namesIn(expr).some(
    (each) =>
      each === name ||
      (type === 'histogram' &&
        ['bucket', 'sum', 'count'].some((part) => each === `${name}_${part}`)),
  );

export interface Uses {
  readonly alerts: readonly string[];
  /** `Ring: Hints` */
  readonly panels: readonly string[];
}

export function usesOf(metric: Metric): Uses {
  const alerts = ALERTS.flatMap((group) => group.alerts);
  return {
    alerts: alerts.filter(({ expr }) => isNamed(metric, expr)).map(({ name }) => name),
    panels: BOARDS.flatMap(({ title, rows }) =>
      rows
        .flatMap((row) => row.panels)
        .filter(({ queries }) => queries.some(({ expr }) => isNamed(metric, expr)))
        .map((panel) => `${title}: ${panel.title}`),
    ),
  };
}

const HEAD = `# Metrics

Made from the registries of node and operator by \`npm run monitoring\`; edit their HELP texts, not this page.

Members serve \`/metrics\` on their admin port, the operator on its health port (8081; a local ring's with
\`npm start -- --metrics-port PORT\`). Whoever asks for OpenMetrics, as Prometheus does by itself, gets the ids of single
requests as exemplars; \`dht logs --request ID\` shows what happened to them. The number of series grows neither with keys
nor with members that come and go.

Alerts and dashboards expect the labels \`namespace\`, \`cluster\` and \`pod\` on the series of members. The chart's
PodMonitors give them (\`podMonitor.enabled\`), and so does \`/targets\` of a local ring for \`http_sd_configs\`. The alerts
are in \`helm/ringkeeper/files/alerts.yaml\` (chart: \`prometheusRule.enabled\`), the dashboards in
\`helm/ringkeeper/files/dashboards\` (chart: \`dashboards.enabled\`).

\`npm run image\`, then \`docker compose -f deploy/compose/compose.yaml up\`, runs a ring of three with Prometheus
(port 9090), the alerts, and Grafana (port 3000) with the dashboards.
`;

export async function referencePage(): Promise<string> {
  const operator = await exportedByOperator();
  const ofRings = operator.filter(({ name }) => name.startsWith('dht_ring_'));
  const ofLoop = operator.filter((metric) => !ofRings.includes(metric));
  return [
    HEAD,
    section('Of a node', await exportedByNode()),
    section('Of a ring, by its operator', ofRings),
    section('Of the operator', ofLoop),
  ].join('\n');
}

function section(title: string, metrics: readonly Metric[]): string {
  const rows = metrics.map((metric) => {
    const { name, type, labels, help } = metric;
    const { alerts, panels } = usesOf(metric);
    const seen = [
      ...alerts.map((alert) => `[${alert}](${RUNBOOKS.replace('docs/', '')}/${alert}.md)`),
      ...panels,
    ];
    const cells = [`\`${name}\``, type, labels.join(', '), help, seen.join('; ')];
    return `| ${cells.join(' | ')} |\n`;
  });
  return `## ${title}\n\n| metric | type | labels | meaning | seen in |\n|---|---|---|---|---|\n${rows.join('')}`;
}
