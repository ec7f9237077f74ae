// Where promtool and prometheus are on this machine, for tests that judge metrics and rules by them.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ended, feed } from '../live/ended.ts';
import type { Ended } from '../live/ended.ts';

/** Where `npm run prometheus` puts Debian's package. */
export const CACHE = fileURLToPath(
  new URL('../../node_modules/.cache/prometheus', import.meta.url),
);

/** PROMETHEUS_HOME names a folder with both; else the cache or the PATH has them. */
const FOLDERS = [
  process.env.PROMETHEUS_HOME ?? '',
  join(process.env.PROMETHEUS_HOME ?? '', 'usr/bin'),
  join(CACHE, 'usr/bin'),
  ...(process.env.PATH ?? '').split(delimiter),
].filter((folder) => folder !== '');

export const PROMTOOL = find('promtool');
export const PROMETHEUS = find('prometheus');

function find(name: string): string | null {
  return FOLDERS.map((folder) => join(folder, name)).find(existsSync) ?? null;
}

/** Runs promtool; needs PROMTOOL. */
export function promtool(args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(PROMTOOL!, args);
  feed(child, input);
  return ended(child);
}
