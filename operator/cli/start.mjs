// A command under whatever Node the system has: where that is too old, the one that lies in node_modules
// takes over. Plain JavaScript, since an old Node reads nothing else.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const isSource = existsSync(join(here, 'main.ts'));
// Compiled once, not once a command: half of a command's time. An old Node does without.
const compiled = join(here, isSource ? '../..' : '../../..', 'node_modules/.cache/commands');

/** Runs the program of this name, with these arguments before those that were given. */
export async function start(name, ...before) {
  const main = join(here, `${name}.${isSource ? 'ts' : 'js'}`);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 22)) {
    nodeModule.enableCompileCache?.(compiled);
    process.argv.splice(2, 0, ...before);
    await import(main);
    return;
  }
  const node = bundledNode();
  if (node === null) {
    console.error(`dht needs Node 22.22 or later; this is ${process.version}`);
    process.exit(1);
  }
  const child = spawn(node, [main, ...before, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: compiled, ...process.env },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}

/** The binary that npm put there for this machine; null: none. */
function bundledNode() {
  try {
    const found = createRequire(import.meta.url).resolve(
      `node-${process.platform}-${process.arch}/package.json`,
    );
    return join(dirname(found), 'bin', 'node');
  } catch {
    return null;
  }
}
