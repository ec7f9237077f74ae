// Edits of the manifest that an operator watches: the same as by hand in an editor, checked first.
import { readIfThere, writeDurably } from '../local/durable-file.ts';
import { parseManifest } from '../local/manifest-text.ts';
import { CommandFailed, EXIT } from './exit.ts';
import type { LocalRing } from './local-ring.ts';

/**
 * Replaces the manifest in force by the edited text; true when that changed anything. Throws
 * MANIFEST_INVALID, and changes nothing, where it would not be valid.
 */
export async function editManifest(
  { operator }: LocalRing,
  edit: (text: string) => string,
): Promise<boolean> {
  const text = await readIfThere(operator.manifest);
  if (text === null)
    throw new CommandFailed(EXIT.notFound, `the manifest ${operator.manifest} is gone`);
  const edited = edit(text);
  if (edited === text) return false;
  await writeDurably(operator.manifest, edited);
  return true;
}

/** The name of the ring that a manifest describes. Throws CommandFailed (refused) with all its problems. */
export function clusterNameIn(text: string, path: string): string {
  const read = parseManifest(text);
  if ('cluster' in read) return read.cluster.metadata.name;
  throw new CommandFailed(
    EXIT.refused,
    [`${path} is not valid:`, ...read.problems.map((problem) => `  ${problem}`)].join('\n'),
  );
}
