// R9: before a volume is called gone, the API server itself is asked: a view may be behind, and a label
// that somebody took off hides a claim from it.
import type { ClusterStatus } from '../../core/api/cluster.ts';
import type { Incarnation } from '../../core/api/ids.ts';
import type { Observed } from '../planner/observed.ts';
import type { Attempt } from './chores.ts';
import { CLAIMS, PODS } from './kinds.ts';
import { claimName } from './names.ts';
import { refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import { isLive, ordinalIn } from './places.ts';
import type { Place } from './places.ts';
import type { Claim, Host, Pod } from './shapes.ts';
import { isKept } from './status.ts';
import { forsake, strandedPlaces } from './stranded.ts';
import { isSpent } from './volumes.ts';

interface Sight {
  readonly places: readonly Place[];
  readonly hosts: ReadonlyMap<string, Host> | null;
  /** What was published before this pass. */
  readonly told: ClusterStatus | null;
}

/** All that is proved lost now: volumes that are gone, and those that lie on hosts which are no more. */
export async function lossesOf(
  operated: Operated,
  observed: Observed,
  { attempt, ...sight }: Sight & { readonly attempt: Attempt },
): Promise<readonly Incarnation[]> {
  const lost = new Set(await proveLosses(operated, observed));
  for (const stranded of await strandedPlaces(operated, observed, sight)) {
    for (const incarnation of stranded.incarnations) lost.add(incarnation);
    if (stranded.incarnations.length === 0 && !isKept(sight.told, stranded.place.id))
      await attempt(() => forsake(operated, stranded));
  }
  return [...lost];
}

/** Those of `lostIncarnations` for whose loss there is proof now. */
async function proveLosses(
  operated: Operated,
  { document, nodes, lostIncarnations }: Observed,
): Promise<readonly Incarnation[]> {
  const proved: Incarnation[] = [];
  for (const incarnation of lostIncarnations) {
    const id = document?.members.find((member) => member.incarnation === incarnation)?.id;
    const node = nodes.find((each) => each.id === id);
    // Another incarnation that answers from its place is the proof.
    if (node?.report || (id !== undefined && (await isGone(operated, id))))
      proved.push(incarnation);
  }
  return proved;
}

async function isGone({ ring, api }: Operated, id: string): Promise<boolean> {
  const ordinal = ordinalIn(id, `${ring.name}-`);
  if (ordinal === null) return false;
  if (isLive(await api.get<Pod>(refIn(ring, PODS, id)))) return false;
  if (ring.spec.storage.ephemeral) return true;
  const claim = await api.get<Claim>(refIn(ring, CLAIMS, claimName(ring.name, ordinal)));
  return claim === null || isSpent(claim);
}
