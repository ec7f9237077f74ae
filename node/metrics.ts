// The only place of a node that knows prom-client: numbers that are kept elsewhere become metrics when
// they are asked for, so that the hot path only counts.
import { Counter, Gauge, Registry } from 'prom-client';
import type { Metric } from 'prom-client';
import type { Counted } from './distribution.ts';

export type Metrics = Registry;

export function newMetrics(): Metrics {
  return new Registry();
}

export interface Named {
  readonly name: string;
  /** Says what a rise means. */
  readonly help: string;
}

/** A number that goes up and down. */
export function gauge(registry: Metrics, named: Named, read: () => number): void {
  new Gauge({
    ...named,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** A number that only grows, counted elsewhere. */
export function counter(registry: Metrics, named: Named, read: () => number): void {
  new Counter({
    ...named,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

export type Rows = Iterable<readonly [string, number]>;

/** One row per value of one label. */
export function gauges(registry: Metrics, named: Named, label: string, read: () => Rows): void {
  new Gauge({
    ...named,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of read()) this.set({ [label]: value }, count);
    },
  });
}

export function counters(registry: Metrics, named: Named, label: string, read: () => Rows): void {
  new Counter({
    ...named,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of read()) this.inc({ [label]: value }, count);
    },
  });
}

/** One row per set of labels, of a number that only grows. */
export function table(
  registry: Metrics,
  named: Named,
  read: () => readonly (readonly [Readonly<Record<string, string>>, number])[],
): void {
  new Counter({
    ...named,
    labelNames: Object.keys(read()[0]?.[0] ?? {}),
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, count] of read()) this.inc(labels, count);
    },
  });
}

export interface LabelledCounts extends Counted {
  readonly labels: Readonly<Record<string, string>>;
}

/** A histogram counted elsewhere: prom-client's own can only be fed one observation at a time. */
export function histogram(
  registry: Metrics,
  { name, help }: Named,
  read: () => readonly LabelledCounts[],
  bounds: readonly number[],
): void {
  const rows = ({ labels, cumulative, sum }: LabelledCounts): object[] => [
    ...cumulative.map((value, i) => ({
      metricName: `${name}_bucket`,
      labels: { le: bounds[i] ?? '+Inf', ...labels },
      value,
    })),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: cumulative.at(-1) ?? 0 },
  ];
  const metric = {
    name,
    get: () => Promise.resolve({ name, help, type: 'histogram', values: read().flatMap(rows) }),
    reset: () => undefined,
  };
  registry.registerMetric(metric as unknown as Metric);
}
