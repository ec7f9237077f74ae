// What an alert is, and how a list of them becomes a file of Prometheus' rules.
import { stringify } from 'yaml';

export interface Alert {
  /** Also the name of its runbook: docs/runbooks/alerts/NAME.md. */
  readonly name: string;
  /** critical: data or service suffers now, somebody is called. warning: within a working day. */
  readonly severity: 'critical' | 'warning';
  readonly expr: string;
  /** How long it must hold; so short a trouble is nobody's. Left out: at once. */
  readonly for?: string;
  readonly summary: string;
  /** Names the cluster, says what it means and what comes next. */
  readonly description: string;
}

export interface AlertGroup {
  readonly name: string;
  readonly alerts: readonly Alert[];
}

export const RUNBOOKS = 'docs/runbooks/alerts';
/** Where an alert's or a dashboard's ring is named. */
export const RING = '{{ $labels.namespace }}/{{ $labels.cluster }}';

const HEAD = `# Alerts of Ringkeeper, for rule_files of Prometheus: made from helm/monitoring/alerts.ts by
# \`npm run monitoring\`; edit that, not this. The chart makes a PrometheusRule of it (prometheusRule.enabled).
#
# Members' series must carry the labels namespace, cluster and pod, as the chart's PodMonitors give them.
`;

export function ruleFile(groups: readonly AlertGroup[]): string {
  const file = {
    groups: groups.map(({ name, alerts }) => ({ name, rules: alerts.map(rule) })),
  };
  return HEAD + stringify(file, { lineWidth: 0 });
}

function rule({ name, severity, expr, summary, description, ...rest }: Alert): object {
  return {
    alert: name,
    expr: expr.trim(),
    ...(rest.for === undefined ? {} : { for: rest.for }),
    labels: { severity },
    annotations: { summary, description, runbook_url: `${RUNBOOKS}/${name}.md` },
  };
}
