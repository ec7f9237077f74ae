// Resident memory of a ring's nodes, as the operating system counts it.
import { execFileSync } from 'node:child_process';
import type { OperatedRing } from '../live/operated-ring.ts';

/** Megabytes (10^6 bytes) of the largest node. */
export function residentMegabytes(ring: OperatedRing): number {
  const sizes = ring.nodes().map(({ process: { pid } }) => {
    const kibibytes = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
    return (Number(kibibytes) * 1024) / 1e6;
  });
  return Math.max(...sizes);
}
