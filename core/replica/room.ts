// Whether a key may take one more value here: on this disk, and beside the values that would stay.
import type { Vector, VersionedObject } from '../api/object.ts';
import type { ClientResult } from '../api/requests.ts';
import { OBJECT_BYTES_MAX, SIBLINGS_MAX } from '../limits.ts';
import { coversDot } from '../version/vector.ts';
import { failed } from './quorum.ts';
import type { Replica } from './state.ts';

/**
 * null: there is room. `value` null: a delete, which a full disk takes all the same. `seen` null: the
 * write replaces all that this node knows, so nothing stays beside it.
 */
export function lackOfRoom(
  { diskFull }: Pick<Replica, 'diskFull'>,
  value: Uint8Array | null,
  own: VersionedObject | null,
  seen: Vector | null,
): ClientResult | null {
  if (diskFull && value !== null) {
    return failed('DISK_FULL', 'the disk of a replica is full; delete keys or add members');
  }
  const kept =
    seen === null || own === null
      ? []
      : own.siblings.filter((sibling) => !coversDot(seen, sibling.dot));
  const bytes = kept.reduce(
    (sum, { value: held }) => sum + (held?.length ?? 0),
    value?.length ?? 0,
  );
  if (kept.length < SIBLINGS_MAX && bytes <= OBJECT_BYTES_MAX) return null;
  return failed(
    'TOO_MANY_SIBLINGS',
    `the key holds ${kept.length} concurrent values that the context does ` +
      'not cover; read it and write with the context that the read returns',
  );
}
