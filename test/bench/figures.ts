// What a benchmark section hands back, and the table of it: target, measured, met or missed.

export interface Figure {
  readonly what: string;
  readonly measured: string;
  /** In words; absent: nothing was promised. */
  readonly target?: string;
  readonly isMet?: boolean;
}

export interface Section {
  readonly name: string;
  readonly title: string;
  run(bench: Bench): Promise<readonly Figure[]>;
}

export interface Bench {
  readonly quick: boolean;
  /** Rounds of which the median counts, and seconds of each. */
  readonly rounds: number;
  readonly seconds: number;
  /** What is going on now. */
  readonly tell: (line: string) => void;
}

/** A ratio that should be at least, or at most, so much. */
export function ratio(
  what: string,
  value: number,
  target: { atLeast: number } | { atMost: number },
  beside = '',
): Figure {
  const isMet = 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
  const bound = 'atLeast' in target ? `≥ ${target.atLeast} ×` : `≤ ${target.atMost} ×`;
  return {
    what,
    measured: `${value.toFixed(2)} ×${beside === '' ? '' : ` (${beside})`}`,
    target: bound,
    isMet,
  };
}

export function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, measured, target, isMet }) => [
    what,
    target ?? '',
    measured,
    isMet === undefined ? '' : isMet ? 'met' : 'MISSED',
  ]);
  const head = ['', 'target', 'measured', ''];
  const widths = head.map((_cell, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  return [head, ...rows]
    .map(
      (row) =>
        `  ${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}`,
    )
    .join('\n');
}
