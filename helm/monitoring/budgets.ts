// How fast the error budget burns (Google SRE workbook, ch. 5): a long window says that it matters, a
// short one that it still goes on.
import { RING } from './alert.ts';
import type { Alert, AlertGroup } from './alert.ts';

/** Of all requests, 1 in 1,000 may get no verdict, and 1 in 100 of reads and writes may be slow. */
export const ERROR_BUDGET = 0.001;
export const SLOW_BUDGET = 0.01;
/** s; a bound of the histogram. */
export const SLOW_SECONDS = 0.0625;

const BY = 'sum by (namespace, cluster)';

export function errorRatio(window: string): string {
  const failed = `dht_node_requests_total{outcome=~"unavailable|failed"}[${window}]`;
  return `${BY} (rate(${failed})) / ${BY} (rate(dht_node_requests_total[${window}]))`;
}

export function slowRatio(window: string): string {
  const name = 'dht_node_request_duration_seconds';
  const verbs = 'verb=~"get|put|delete"';
  const fast = `${BY} (rate(${name}_bucket{${verbs},le="${SLOW_SECONDS}"}[${window}]))`;
  return `1 - ${fast} / ${BY} (rate(${name}_count{${verbs}}[${window}]))`;
}

/** Both windows burn the budget so many times faster than it lasts a month. */
function burns(
  ratio: (window: string) => string,
  { budget, times, windows }: { budget: number; times: number; windows: readonly string[] },
): string {
  const limit = Number((budget * times).toPrecision(6));
  const each = windows.map((window) => `(${ratio(window)}) > ${limit}`);
  return `(\n  ${each.join('\n    and ')}\n)`;
}

/** 14.4: 2 % of a month's budget within an hour. 6: 5 % within six. */
function fast(ratio: (window: string) => string, budget: number): string {
  const hour = burns(ratio, { budget, times: 14.4, windows: ['1h', '5m'] });
  const quarter = burns(ratio, { budget, times: 6, windows: ['6h', '30m'] });
  return `${hour}\n  or ${quarter}`;
}

/** 3: a tenth within a day. 1: a tenth within three. */
function slow(ratio: (window: string) => string, budget: number): string {
  const day = burns(ratio, { budget, times: 3, windows: ['1d', '2h'] });
  const days = burns(ratio, { budget, times: 1, windows: ['3d', '6h'] });
  return `${day}\n  or ${days}`;
}

const ERRORS_FAST: Alert = {
  name: 'DhtErrorBudgetBurnsFast',
  severity: 'critical',
  expr: fast(errorRatio, ERROR_BUDGET),
  for: '2m',
  summary: `Many requests to ${RING} get no verdict`,
  description: `{{ $value | humanizePercentage }} of the requests to the ring ${RING} get no verdict (503, 504 or 500). At this rate a month's error budget of 0.1 % is used up within days.`,
};

const ERRORS_SLOW: Alert = {
  name: 'DhtErrorBudgetBurnsSlowly',
  severity: 'warning',
  expr: slow(errorRatio, ERROR_BUDGET),
  for: '15m',
  summary: `Some requests to ${RING} get no verdict`,
  description: `{{ $value | humanizePercentage }} of the requests to the ring ${RING} get no verdict (503, 504 or 500). At this rate the error budget of 0.1 % does not last the month.`,
};

const SLOW_FAST: Alert = {
  name: 'DhtLatencyBudgetBurnsFast',
  severity: 'critical',
  expr: fast(slowRatio, SLOW_BUDGET),
  for: '2m',
  summary: `Many requests to ${RING} are slow`,
  description: `{{ $value | humanizePercentage }} of the reads and writes of the ring ${RING} take longer than 62.5 ms. At this rate a month's latency budget of 1 % is used up within days.`,
};

const SLOW_SLOW: Alert = {
  name: 'DhtLatencyBudgetBurnsSlowly',
  severity: 'warning',
  expr: slow(slowRatio, SLOW_BUDGET),
  for: '15m',
  summary: `Some requests to ${RING} are slow`,
  description: `{{ $value | humanizePercentage }} of the reads and writes of the ring ${RING} take longer than 62.5 ms. At this rate the latency budget of 1 % does not last the month.`,
};

export const BUDGETS: AlertGroup = {
  name: 'ringkeeper-budgets',
  alerts: [ERRORS_FAST, ERRORS_SLOW, SLOW_FAST, SLOW_SLOW],
};
