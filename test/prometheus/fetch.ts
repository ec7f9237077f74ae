// Fetches Debian's package of Prometheus into the cache folder and unpacks it there: no root needed,
// nothing is installed. For Debian and what is made of it; elsewhere put both programs on the PATH.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from './tools.ts';

function fetch(): void {
  if (existsSync(join(CACHE, 'usr/bin/promtool'))) return;
  mkdirSync(CACHE, { recursive: true });
  const run = (program: string, ...args: readonly string[]): unknown =>
    execFileSync(program, args, { cwd: CACHE, stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    run('apt-get', '--quiet', 'download', 'prometheus');
  } catch {
    // The lists of packages are old or missing; only root may bring them up to date.
    run('apt-get', '--quiet', 'update');
    run('apt-get', '--quiet', 'download', 'prometheus');
  }
  const [packed] = readdirSync(CACHE).filter((file) => file.endsWith('.deb'));
  run('dpkg-deb', '--extract', packed!, '.');
}

try {
  fetch();
  process.stdout.write(`${join(CACHE, 'usr/bin')} has promtool and prometheus\n`);
} catch (error) {
  process.stderr.write(
    `Prometheus cannot be fetched: ${(error as Error).message.trim()}\n` +
      'Run apt-get update first, or put promtool and prometheus on the PATH.\n',
  );
  process.exitCode = 1;
}
