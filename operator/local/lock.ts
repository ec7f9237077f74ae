// Two operators on one state folder are impossible: who holds the lock file acts, others are told
// who does. A lock whose process is gone is taken over.
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { RingError } from '../../core/errors.ts';
import { isMissing } from './durable-file.ts';
import { isAlive, nameProcess } from './process-identity.ts';
import type { ProcessName } from './process-identity.ts';

/** Another operator took the lock meanwhile: this one must end, and leave the nodes alone. */
export class LockLost extends RingError {
  constructor(path: string) {
    super('STORE_LOCKED', `${path} was taken by another operator; this one must stop`);
  }
}

export interface Lock {
  /** Throws LockLost where somebody else took the lock meanwhile: then nothing may be stored. */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

interface Holder extends ProcessName {
  readonly since: string;
  /** No two locks look alike, not even those of one process in one millisecond. */
  readonly nonce: string;
}

/** Takes the lock, or throws STORE_LOCKED naming the process that holds it. */
export async function takeLock(path: string): Promise<Lock> {
  const holder: Holder = {
    ...nameProcess(process.pid),
    since: new Date().toISOString(),
    nonce: nonce(),
  };
  const own = JSON.stringify(holder);
  // Each round either takes the lock, or removes one stale lock, or throws.
  for (let round = 0; round < 5; round++) {
    if (await create(path, own)) return heldLock(path, own);
    const found = await read(path);
    if (found === null) continue;
    const other = parse(found);
    if (other !== null && isAlive(other)) throw lockedBy(path, other);
    await removeStale(path, found);
  }
  throw new RingError('STORE_LOCKED', `${path}: others keep taking this lock; try again`);
}

/** Throws STORE_LOCKED, naming the process, where another operator holds the lock now. Makes nothing. */
export async function checkUnlocked(path: string): Promise<void> {
  const found = await read(path);
  const holder = found === null ? null : parse(found);
  if (holder !== null && isAlive(holder)) throw lockedBy(path, holder);
}

/** Who holds the lock; null: nobody that lives. */
export async function lockHolder(path: string): Promise<ProcessName | null> {
  const found = await read(path);
  const holder = found === null ? null : parse(found);
  return holder !== null && isAlive(holder) ? holder : null;
}

function heldLock(path: string, own: string): Lock {
  const isOurs = async (): Promise<boolean> => (await read(path)) === own;
  return {
    assertHeld: async () => {
      if (await isOurs()) return;
      throw new LockLost(path);
    },
    release: async () => {
      if (await isOurs()) await rm(path, { force: true });
    },
  };
}

function nonce(): string {
  return randomBytes(4).toString('hex');
}

/** The content is there the instant the name is: no reader ever sees half a lock. */
async function create(path: string, own: string): Promise<boolean> {
  const temporary = `${path}.${nonce()}.tmp`;
  await writeFile(temporary, own);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Moves the stale lock away. Where another taker was faster and its fresh lock was hit, that is put back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${nonce()}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  if ((await read(aside)) !== stale) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function parse(text: string): Holder | null {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return null;
  }
}

function lockedBy(path: string, holder: Holder): RingError {
  return new RingError(
    'STORE_LOCKED',
    `another operator runs this cluster: process ${holder.pid}, since ` +
      `${holder.since} (${path}). Stop it first, or name another state folder with --state.`,
  );
}
