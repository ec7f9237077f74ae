// What processes have cost, whoever else is busy: for figures that a loaded machine cannot blur.
import { readFileSync } from 'node:fs';

/** Processor time that the processes have used so far, all threads; NaN where /proc does not tell. */
export function processorSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + secondsOf(pid), 0);
}

/** Time that the host gave to other virtual machines so far, all processors; NaN where /proc does not tell. */
export function stolenSeconds(): number {
  try {
    const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.trim().split(/ +/);
    // Field 8 of the line `cpu` of proc(5), in ticks of 10 ms.
    return Number(ticks[7]) / 100;
  } catch {
    return NaN;
  }
}

function secondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Fields 14 and 15 of proc(5), in ticks of 10 ms.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return NaN;
  }
}
