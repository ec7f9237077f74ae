// The status that the operator published last, as the file has it.
import { readIfThere } from './durable-file.ts';
import type { StateFolder } from './state-folder.ts';
import type { RingStatus } from './status.ts';

/** null: none was published yet, or it cannot be read: it is written again a second later. */
export async function readPublished({ status }: StateFolder): Promise<RingStatus | null> {
  const text = await readIfThere(status);
  if (text === null) return null;
  try {
    return JSON.parse(text) as RingStatus;
  } catch {
    return null;
  }
}
