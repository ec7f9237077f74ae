// How small facts are kept on disk: whole or not at all, and there after a loss of power.
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces the file atomically; when it resolves, the new content survives a loss of power. */
export async function writeDurably(path: string, text: string, mode = 0o644): Promise<void> {
  await write(path, text, { mode, sync: true });
}

/** Replaces the file atomically, for readers' sake only: a status is not worth a sync a second. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  await write(path, text, { mode, sync: false });
}

/** The file's text; null where there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Makes the entries of a folder (a rename, a removal) survive a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders; there the journal of NTFS keeps renames in order.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function write(
  path: string,
  text: string,
  { mode, sync }: { mode: number; sync: boolean },
): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(text);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (sync) await syncFolder(dirname(path));
}
