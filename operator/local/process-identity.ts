// Which process a number means: numbers are used again, so a number alone never proves who is
// asked to stop. Linux tells the start time in /proc, other systems through ps.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process for as long as it lives. `identity` null: this system cannot tell, the number must do. */
export interface ProcessName {
  readonly pid: number;
  readonly identity: string | null;
}

/** The identity of no process: never equal to that of one that lives. */
const GONE = 'gone';

export function nameProcess(pid: number): ProcessName {
  return { pid, identity: identityOf(pid) };
}

/** True while exactly this process runs; a zombie, or another one of the same number, is not it. */
export function isAlive({ pid, identity }: ProcessName): boolean {
  if (!canSignal(pid)) return false;
  if (identity === null) return true;
  return identity !== GONE && identityOf(pid) === identity;
}

/** Sends the signal to exactly this process; false where it is gone. */
export function signalProcess(name: ProcessName, signal: NodeJS.Signals): boolean {
  if (!isAlive(name)) return false;
  try {
    process.kill(name.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** True where it lives and was told to stop running (SIGSTOP). False on systems that cannot tell. */
export function isPaused(name: ProcessName): boolean {
  return process.platform === 'linux' && isAlive(name) && linuxStat(name.pid)[0] === 'T';
}

function canSignal(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, and belongs to somebody else: then it is none of ours, but a lock may be theirs.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function identityOf(pid: number): string | null {
  if (process.platform === 'linux') return linuxIdentity(pid);
  if (process.platform === 'win32') return null;
  try {
    // A process that is gone makes ps fail; so does a system without ps.
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return started.trim() || GONE;
  } catch (error) {
    // ps ran and found nothing, or there is no ps on this system.
    return typeof (error as { status?: unknown }).status === 'number' ? GONE : null;
  }
}

/** Boot and start time in ticks since then (proc(5), field 22). A zombie has no identity any more. */
function linuxIdentity(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const fields = linuxStat(pid);
    return fields.length === 0 || fields[0] === 'Z' || fields[0] === 'X'
      ? GONE
      : `${boot}/${fields[19] ?? ''}`;
  } catch {
    return GONE;
  }
}

/** The fields of proc(5) from the third on, its state; none where it is gone. */
function linuxStat(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may hold anything, blanks too.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
