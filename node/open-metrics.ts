// The page as OpenMetrics wants it, where the scraper asks for that: what it adds is exemplars, which
// lead from a bar of a graph to the log lines of one request.
import type { Example } from './http-meter.ts';

export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Of a header `accept`. Prometheus names the format first that it likes best. */
export function wantsOpenMetrics(accept: string): boolean {
  return accept.includes('application/openmetrics-text');
}

/** From Prometheus' own text format. prom-client's way renames its metrics for good. */
export function toOpenMetrics(text: string, exampleOf: (series: string) => Example | null): string {
  const lines = text.split('\n').flatMap((line) => {
    if (line === '') return [];
    // The family of a counter goes without what its series end with.
    if (line.startsWith('# ')) return [line.replace(/^(# (?:HELP|TYPE) \S+?)_total /, '$1 ')];
    const example = exampleOf(line.slice(0, line.lastIndexOf(' ')));
    return [example === null ? line : `${line} ${exemplar(example)}`];
  });
  return `${lines.join('\n')}\n# EOF\n`;
}

/** Runes of all names and values of an exemplar's labels together; the format's bound. */
const EXEMPLAR_RUNES_MAX = 128;
const LABEL = 'request_id';

function exemplar({ requestId, seconds, atMs }: Example): string {
  const id = requestId.slice(0, EXEMPLAR_RUNES_MAX - LABEL.length);
  return `# {${LABEL}="${id}"} ${seconds} ${atMs / 1000}`;
}
