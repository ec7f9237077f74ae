// One node as a process: how it is started, recognised after an operator's crash, and stopped.
// Children are detached, with files for output, so that they outlive the operator.
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defined } from '../../core/assert.ts';
import { RingError } from '../../core/errors.ts';
import { LOCAL_LOG_BYTES_MAX, LOCAL_STOP_MS } from '../../core/limits.ts';
import { compiledEnv } from './compiled.ts';
import { isMissing, readIfThere, writeDurably } from './durable-file.ts';
import { isAlive, nameProcess, signalProcess } from './process-identity.ts';
import type { ProcessName } from './process-identity.ts';

/** What is kept of a started process, so that the next operator finds it. */
export interface ProcessRecord extends ProcessName {
  readonly revision: string;
  /** Wall clock in ms. */
  readonly startedMs: number;
  /** UID of the data folder that it opened. */
  readonly volume: string;
}

export interface Launch {
  /** The command line, given the UID of the data folder. */
  readonly program: (volume: string) => readonly string[];
  readonly dataFolder: string;
  readonly logFile: string;
  readonly recordFile: string;
  readonly revision: string;
  readonly nowMs: number;
}

/** Starts the process and records it; `ended` is called once, when it exits. */
export async function startProcess(
  launch: Launch,
  ended: (how: string) => void,
): Promise<ProcessRecord> {
  await mkdir(launch.dataFolder, { recursive: true });
  const volume = defined(await volumeOf(launch.dataFolder), 'the data folder just made');
  const log = await openLog(launch.logFile);
  try {
    const [command, ...args] = launch.program(volume);
    const child = spawn(command ?? process.execPath, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: compiledEnv(),
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => {
        reject(new RingError('INTERNAL', `${command ?? ''} cannot be started`, { cause }));
      });
      child.once('spawn', () => {
        resolve(child.pid ?? 0);
      });
    });
    child.once('exit', (code, signal) => {
      ended(signal ?? `exit code ${code ?? 0}${lastWords(launch)}`);
    });
    child.unref();
    const record = {
      ...nameProcess(pid),
      revision: launch.revision,
      startedMs: launch.nowMs,
      volume,
    };
    await writeDurably(launch.recordFile, JSON.stringify(record));
    return record;
  } finally {
    await log.close();
  }
}

/** The record of the process that was last started; null where none is kept. */
export async function readRecord(path: string): Promise<ProcessRecord | null> {
  const text = await readIfThere(path);
  return text === null ? null : (JSON.parse(text) as ProcessRecord);
}

/**
 * Asks the process to drain and end, and kills it when it does not within LOCAL_STOP_MS. Resolves
 * when it is gone.
 */
export async function stopProcess(record: ProcessName, patienceMs = LOCAL_STOP_MS): Promise<void> {
  if (!signalProcess(record, 'SIGTERM')) return;
  // Who was paused by hand could not hear it.
  signalProcess(record, 'SIGCONT');
  if (await isGone(record, patienceMs)) return;
  signalProcess(record, 'SIGKILL');
  if (await isGone(record, LOCAL_STOP_MS)) return;
  throw new RingError('INTERNAL', `process ${record.pid} does not end, not even by SIGKILL`);
}

/** Waits until the process is gone; false when it still lives after `ms`. Works for adopted ones too. */
export async function isGone(record: ProcessName, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isAlive(record)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** UID of a data folder: inode and birth time, since inodes are used again; null: no such folder. */
export async function volumeOf(folder: string): Promise<string | null> {
  try {
    const { ino, birthtimeMs } = await stat(folder);
    return `${ino}-${Math.floor(birthtimeMs)}`;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Why it says that it ended, where it could still say so: the message of its last fatal line. */
function lastWords({ logFile, nowMs }: Launch): string {
  try {
    const lines = tailOf(logFile).trimEnd().split('\n');
    const { level, time, msg, err } = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    if (level !== 'fatal' || Date.parse(String(time)) < nowMs) return '';
    const why = (err as { message?: unknown } | undefined)?.message;
    return `: ${String(why ?? msg)}`;
  } catch {
    // No log, or a last line that is none of ours.
    return '';
  }
}

function tailOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    return tail.toString('utf8', 0, readSync(file, tail, 0, tail.length, size - tail.length));
  } finally {
    closeSync(file);
  }
}

/** One line with a stack fits. */
const TAIL_BYTES = 16 * 1024;

/** Appends to the log; one that grew large is kept once as `log.1`. */
async function openLog(path: string): ReturnType<typeof open> {
  await mkdir(dirname(path), { recursive: true });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOCAL_LOG_BYTES_MAX) {
    await rm(`${path}.1`, { force: true });
    await rename(path, `${path}.1`);
  }
  return await open(path, 'a');
}
