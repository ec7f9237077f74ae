// The operator's only place that knows prom-client: figures that are kept elsewhere become metrics when
// they are asked for; what only happens is counted here.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Named {
  readonly name: string;
  /** Says what a rise means. */
  readonly help: string;
}

/** Values of the labels, in the order of their names, and the number. */
export type Row = readonly [labels: readonly string[], value: number];

export interface Family extends Named {
  readonly kind: 'counter' | 'gauge';
  readonly labels: readonly string[];
}

/** s; a pass is some ms of work, or seconds of waiting for a node. */
const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class Metrics {
  private readonly registry = new Registry();
  /** Those whose figures are kept elsewhere, by name. */
  private readonly families = new Map<string, { reset(): void }>();

  /** Read anew each time the page is asked for. */
  family({ kind, name, help, labels }: Family, read: () => Iterable<Row>): void {
    const fill = (set: (labels: Record<string, string>, value: number) => void): void => {
      for (const [values, value] of read())
        set(Object.fromEntries(labels.map((label, i) => [label, values[i]!])), value);
    };
    const common = { name, help, labelNames: [...labels], registers: [this.registry] };
    this.families.set(
      name,
      kind === 'counter'
        ? new Counter({
            ...common,
            collect() {
              this.reset();
              fill((at, value) => {
                this.inc(at, value);
              });
            },
          })
        : new Gauge({
            ...common,
            collect() {
              this.reset();
              fill((at, value) => {
                this.set(at, value);
              });
            },
          }),
    );
  }

  counter({ name, help }: Named, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  histogram({ name, help }: Named, labelNames: string[]): Histogram {
    return new Histogram({ name, help, labelNames, buckets: SECONDS, registers: [this.registry] });
  }

  /** One family after the other, and none is kept: with a hundred rings they are megabytes. */
  async page(): Promise<{ readonly type: string; readonly text: string }> {
    const texts: string[] = [];
    for (const { name } of this.registry.getMetricsAsArray()) {
      texts.push(await this.registry.getSingleMetricAsString(name));
      this.families.get(name)?.reset();
    }
    return { type: this.registry.contentType, text: `${texts.join('\n\n')}\n` };
  }
}
