// What every command is handed: where it prints, and the platform whose rings it is about. And the
// ways in which people say which ring.
import { Argument } from 'commander';
import type { GlobalOptions, Rings } from './target.ts';
import type { Terminal } from './terminal.ts';

export interface Cli {
  readonly terminal: Terminal;
  readonly rings: Rings;
  /** As people type it: `dht`, `kubectl dht`. */
  readonly name: string;
}

/** Members of the examples that helps show. */
export const EXAMPLE_MEMBER = 'dev-1';

export const ringArgument = (): Argument =>
  new Argument('[ring]', 'which ring; left out: the only one');

/** A ring that was named as an argument counts like one of an option. */
export const named = (ring: string | undefined): Pick<GlobalOptions, 'cluster'> =>
  ring === undefined ? {} : { cluster: ring };

/** `Examples:` with the program's name before each line. */
export function examples({ name }: Cli, ...lines: readonly string[]): string {
  const head = lines.length === 1 ? 'Example' : 'Examples';
  return [`\n${head}:`, ...lines.map((line) => `  ${name} ${line}`)].join('\n');
}
