// The images that the scenarios need: this tree's, the same under another name, what the commit before
// made, and the load.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { run } from './kube.ts';
import type { E2eSettings } from './kube.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUILD_MS = 900_000;

export const IMAGES = {
  ring: 'ringkeeper:dev',
  /** The same under another name: what a rolling upgrade goes to. */
  other: 'ringkeeper:other',
  former: 'ringkeeper:former',
  load: 'ringkeeper-load:dev',
} as const;

/** The last commit, or the one before it where the tree is as committed; null: there is none. */
export const FORMER_REVISION = formerRevision();

function formerRevision(): string | null {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', ROOT, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const isClean = git('status', '--porcelain', '--untracked-files=no') === '';
    return git('rev-parse', '--verify', isClean ? 'HEAD~1' : 'HEAD');
  } catch {
    return null;
  }
}

/** Builds them and makes them known to every host. */
export async function buildImages({ loadImage }: E2eSettings): Promise<void> {
  const options = { timeoutMs: BUILD_MS };
  await run('npm', ['--prefix', ROOT, 'run', '--silent', 'image'], options);
  await run('docker', ['tag', IMAGES.ring, IMAGES.other]);
  const load = ['build', '-q', '-f', join(ROOT, 'test/e2e/Dockerfile'), '-t', IMAGES.load, ROOT];
  await run('docker', load, options);
  const names: string[] = [IMAGES.ring, IMAGES.other, IMAGES.load];
  if (FORMER_REVISION !== null) {
    const script = 'git -C "$1" archive "$2" | docker build -q -t "$3" -';
    const args = ['bash', ROOT, FORMER_REVISION, IMAGES.former];
    await run('bash', ['-c', `set -o pipefail; ${script}`, ...args], options);
    names.push(IMAGES.former);
  }
  const [command, ...args] = loadImage.split(' ');
  await run(command!, [...args, ...names], options);
}
