// Starts the bare server that the ring's figures are set beside.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface BareServer {
  readonly port: number;
  readonly pid: number;
  close(): void;
}

export async function startBare(): Promise<BareServer> {
  const folder = mkdtempSync(join(tmpdir(), 'ringkeeper-bare-'));
  const child = fork(fileURLToPath(new URL('bare-process.ts', import.meta.url)), [
    join(folder, 'bodies'),
  ]);
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    pid: child.pid ?? 0,
    close: () => {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
