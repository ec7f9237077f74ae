// The operator and `dht` as people run them: each a process of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ended, feed } from './ended.ts';
import type { Ended } from './ended.ts';

export const DHT = fileURLToPath(new URL('../../operator/cli/main.ts', import.meta.url));
export const KUBECTL_DHT = fileURLToPath(new URL('../../operator/cli/kubectl.ts', import.meta.url));
export const OPERATOR = fileURLToPath(new URL('../../operator/main.ts', import.meta.url));
/** ms; a ring is started, and may be slow to. */
export const SLOW_MS = 120_000;

export function run(program: string, args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  feed(child, input);
  return ended(child);
}

/** Runs `dht` with an input that stays open until `more` was seen on stderr. */
export function runUntilAsked(
  args: readonly string[],
  more: RegExp,
  input: string,
): Promise<Ended> {
  const child = spawn(process.execPath, [DHT, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let err = '';
  const listen = (chunk: Buffer): void => {
    err += chunk.toString();
    if (!more.test(err)) return;
    child.stderr.off('data', listen);
    feed(child, input);
  };
  child.stderr.on('data', listen);
  return ended(child);
}
