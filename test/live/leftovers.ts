// Processes that a ring under test may have left behind.
import { readdirSync } from 'node:fs';
import { readOr } from './files.ts';

/** Operators and nodes whose command line names this folder; none on systems without /proc. */
export function processesNaming(folder: string): readonly number[] {
  let pids: readonly string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return pids.map(Number).filter((pid) => {
    const command = readOr(`/proc/${pid}/cmdline`, '');
    return command.includes('/main.') && command.includes(`${folder}/`);
  });
}

export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
