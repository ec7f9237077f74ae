// Whether LevelDB's log has a hole. LevelDB skips what it cannot read in its log and opens all the
// same: acknowledged writes would be gone without a word (R9). A torn end is no hole: it is the batch
// that was being written, and nobody was told of it. Since each batch is written after the one before
// it was synced, anything whole that follows damage proves that what is damaged had been synced.
// Layout: leveldb/doc/log_format.md.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '../codec/crc.ts';

const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const FULL = 1,
  FIRST = 2,
  LAST = 4;

/** True where a log in LevelDB's folder lacks something that was synced. */
export async function hasHole(files: string): Promise<boolean> {
  const names = await readdir(files).catch((): string[] => []);
  for (const name of names) {
    if (name.endsWith('.log') && logHasHole(await readFile(join(files, name)))) return true;
  }
  return false;
}

/** The same of one log's bytes. */
export function logHasHole(log: Uint8Array): boolean {
  const state = { damaged: false, open: false };
  for (let block = 0; block < log.length; block += BLOCK_BYTES) {
    const end = Math.min(block + BLOCK_BYTES, log.length);
    let at = block;
    while (end - at >= HEADER_BYTES) {
      const next = fragmentEnd(log, at, end);
      if (next === null) {
        if (isBlank(log, at, end)) break;
        state.damaged = true;
        state.open = false;
        // Damage may lie in a length: look on, byte by byte, for what LevelDB would not.
        at++;
      } else if (completes(state, log[at + 6]!)) {
        if (state.damaged) return true;
        at = next;
      } else {
        at = next;
      }
    }
  }
  return false;
}

/** Follows first, middle and last fragments; true when this one completes a batch. */
function completes(state: { open: boolean; damaged: boolean }, type: number): boolean {
  if (type === FULL) return true;
  if (type === FIRST) state.open = true;
  // A fragment that continues nothing: its beginning is lost, but perhaps it never was all written.
  else if (!state.open) state.damaged = true;
  else if (type === LAST) {
    state.open = false;
    return true;
  }
  return false;
}

/** Where the fragment at `at` ends; null: there is none whose checksum holds. */
function fragmentEnd(log: Uint8Array, at: number, end: number): number | null {
  const length = log[at + 4]! | (log[at + 5]! << 8);
  const type = log[at + 6]!;
  const next = at + HEADER_BYTES + length;
  if (next > end || type < FULL || type > LAST) return null;
  const masked =
    (log[at]! | (log[at + 1]! << 8) | (log[at + 2]! << 16) | (log[at + 3]! << 24)) >>> 0;
  const rotated = (masked - 0xa282ead8) >>> 0;
  const crc = ((rotated >>> 17) | (rotated << 15)) >>> 0;
  return crc32c(log, at + 6, next) === crc ? next : null;
}

/** Zeros up to the block's end: room that was set aside and never written. */
function isBlank(log: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (log[i] !== 0) return false;
  return true;
}
