// Who a data folder is: its incarnation and the volume it was made on (R9). A folder that was copied
// or restored lies on another volume and must never answer as the one it was copied from.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { incarnation, type Incarnation } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import type { Identity } from './storage.ts';

/** Of everything in the data folder: rises when an older build could not read it any more. */
export const FOLDER_FORMAT = 1;

const FILE = 'identity.json';

export function newIncarnation(): Incarnation {
  return incarnation(randomBytes(8).toString('hex'));
}

/**
 * The identity in the folder; null: there is none. Throws NEWER_FORMAT, or STORE_FAILED where the
 * file cannot be what this program wrote.
 */
export async function readIdentity(folder: string): Promise<Identity | null> {
  let text: string;
  try {
    text = await readFile(join(folder, FILE), 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw unreadable(folder, 'it cannot be read', cause);
  }
  const fields = parse(folder, text);
  if (typeof fields.format === 'number' && fields.format > FOLDER_FORMAT) {
    throw newerFormat(folder, String(fields.format));
  }
  if (
    typeof fields.incarnation !== 'string' ||
    !/^[0-9a-f]{16}$/.test(fields.incarnation) ||
    typeof fields.volume !== 'string'
  ) {
    throw unreadable(folder, 'it holds no incarnation and volume', undefined);
  }
  return { incarnation: incarnation(fields.incarnation), volume: fields.volume };
}

/** Replaces the identity, durably, all or nothing. */
export async function writeIdentity(folder: string, identity: Identity): Promise<void> {
  const path = join(folder, FILE);
  const { incarnation: name, volume } = identity;
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(
      `${JSON.stringify({ format: FOLDER_FORMAT, incarnation: name, volume })}\n`,
    );
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(folder);
}

/**
 * The volume's UID: the one given, or inode and birth of the folder. Where the file system keeps no
 * times of birth (they change with the folder) the inode alone must do; `known` tells which of both
 * forms the folder was given, so that a folder keeps its name.
 */
export async function volumeOf(
  folder: string,
  given: string | undefined,
  known: string | undefined,
): Promise<string> {
  if (given !== undefined) return given;
  const { ino, birthtimeNs } = await stat(folder, { bigint: true });
  const byInode = `inode-${ino}`;
  if (known === byInode) return byInode;
  const byBirth = `${byInode}-${birthtimeNs}`;
  return known === byBirth || (await keepsBirth(folder, birthtimeNs)) ? byBirth : byInode;
}

/** Makes the folder where it is missing. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new RingError('STORE_FAILED', `cannot make the data folder ${folder}`, { cause });
  }
}

export function newerFormat(folder: string, format: string): RingError {
  return new RingError(
    'NEWER_FORMAT',
    `${folder} holds data of format ${format}, and this build reads ` +
      `up to ${FOLDER_FORMAT}: start the newer version again, or give this one an empty folder`,
  );
}

/** A change of the folder must leave its birth alone, and be seen to have changed something else. */
async function keepsBirth(folder: string, birth: bigint): Promise<boolean> {
  if (birth === 0n) return false;
  const { atime, mtime } = await stat(folder);
  await utimes(folder, atime, mtime);
  const after = await stat(folder, { bigint: true });
  return after.birthtimeNs === birth && after.ctimeNs !== birth;
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders; its renames are durable with the journal.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parse(folder: string, text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed };
  } catch (cause) {
    throw unreadable(folder, 'it is not JSON', cause);
  }
  throw unreadable(folder, 'it is no JSON object', undefined);
}

function unreadable(folder: string, why: string, cause: unknown): RingError {
  return new RingError(
    'STORE_FAILED',
    `${join(folder, FILE)} is damaged: ${why}. Move the folder away ` +
      'and start again: the node comes back empty as a new incarnation and is filled by the others',
    { cause },
  );
}

/** The code of a system's or LevelDB's error; undefined: it has none. */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
