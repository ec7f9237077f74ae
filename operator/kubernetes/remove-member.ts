// Takes a member away: its pod now, its volume once the pod is gone. Each step is judged by what is
// stored at that moment (I6), and is found done or not done by whoever comes after a crash.
import type { Incarnation } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import type { NodeClient } from '../node-client.ts';
import type { Action } from '../planner/actions.ts';
import { checkRemoval } from '../removal.ts';
import type { Occupant } from '../removal.ts';
import { documentIn } from './document-map.ts';
import { CLAIMS, CONFIG_MAPS, PODS } from './kinds.ts';
import { withHeld } from './members.ts';
import { claimName, objectNames } from './names.ts';
import { refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import { isLive, ordinalIn } from './places.ts';
import type { Claim, ConfigMap, Pod } from './shapes.ts';
import { editMembers } from './stateful-set-edits.ts';
import { isSpent, tombstoneAnnotation, volumeOf, volumeOfPod } from './volumes.ts';

export type Removal = Action & { readonly kind: 'remove-node' };

/**
 * Throws CONFLICT where the removal is not proved safe now. `ask` gives the door of a pod's node;
 * `heard`: the last word of a cache node about its volume, which nothing else tells.
 */
export async function removeMember(
  operated: Operated,
  removal: Removal,
  { ask, heard }: { ask: (pod: Pod) => NodeClient | null; heard: () => string | null },
): Promise<void> {
  const { ring, api } = operated;
  const ordinal = ordinalIn(removal.id, `${ring.name}-`);
  if (ordinal === null) throw new RingError('CONFLICT', `${removal.id} is no member's name`);
  const pod = await api.get<Pod>(refIn(ring, PODS, removal.id));
  const claim = await api.get<Claim>(refIn(ring, CLAIMS, claimName(ring.name, ordinal)));
  const live = isLive(pod) ? pod : null;
  const report =
    live === null
      ? null
      : await ask(live)
          ?.report()
          .catch(() => null);
  const occupant = {
    incarnation: report?.id === removal.id ? report.incarnation : null,
    volume: ring.spec.storage.ephemeral
      ? live && (report?.volume ?? heard() ?? live.metadata.uid ?? '')
      : volumeThere(live, claim),
  };
  const names = objectNames(ring.name);
  const map = await api.get<ConfigMap>(refIn(ring, CONFIG_MAPS, names.document));
  checkRemoval(removal, occupant, documentIn(map));
  if (claim !== null && !isSpent(claim)) await markSpent(operated, { claim, removal, occupant });
  await editMembers(operated, (members) => withHeld(members, ordinal));
  if (live === null || live.metadata.deletionTimestamp !== undefined) return;
  const { uid, resourceVersion } = live.metadata;
  await api.remove(refIn(ring, PODS, removal.id), {
    uid: uid ?? '',
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
}

/** What the receipt must be for; a claim that a member has left already holds nothing. */
function volumeThere(live: Pod | null, claim: Claim | null): string | null {
  if (live !== null) return volumeOfPod(live);
  return claim === null || isSpent(claim) ? null : volumeOf(claim);
}

/** Before anything is taken away: whatever starts on this claim from now on starts empty. */
async function markSpent(
  { ring, api, tell }: Operated,
  { claim, removal, occupant }: { claim: Claim; removal: Removal; occupant: Occupant },
): Promise<void> {
  const { name, resourceVersion } = claim.metadata;
  if (occupant.volume !== volumeOf(claim)) {
    throw new RingError('CONFLICT', `claim ${name} is another one than ${removal.id} runs on`);
  }
  const incarnation: Incarnation | null = occupant.incarnation ?? removal.incarnation;
  const keep = removal.receipt !== null && ring.spec.storage.retention.whenScaled === 'Retain';
  const epoch = removal.receipt?.epoch ?? 0;
  await api.patch(refIn(ring, CLAIMS, name), {
    metadata: { resourceVersion, annotations: tombstoneAnnotation({ incarnation, epoch, keep }) },
  });
  if (!keep) return;
  tell({
    type: 'Normal',
    reason: 'PVCRetained',
    message: `Claim ${name} stays, with a mark that its data is old: ${removal.id} has left`,
    about: name,
  });
}
