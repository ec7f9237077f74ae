// Volumes that lie on a host which is no more. The host's own object is the word for that: whoever deletes
// it (a cloud, a person) says that the machine won't come back. With spec.replaceAfterSeconds such a
// member is replaced, since nobody can prove its volume gone in any other way.
import type { Incarnation } from '../../core/api/ids.ts';
import type { Observed } from '../planner/observed.ts';
import { deleteClaim } from './claims.ts';
import { PODS, VOLUMES } from './kinds.ts';
import { refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import type { Place } from './places.ts';
import type { Claim, Host, Volume } from './shapes.ts';
import { isSpent, NOBODYS, tombstoneOf } from './volumes.ts';

/** Keys of labels that name a single host, as drivers of local volumes use them. */
const OF_ONE_HOST = /(^kubernetes\.io\/hostname|\/(node|nodename|hostname))$/;

export interface Stranded {
  readonly place: Place;
  /** Who lived there and is not called lost yet. */
  readonly incarnations: readonly Incarnation[];
}

/** Places whose data is out of reach for good. */
export async function strandedPlaces(
  operated: Operated,
  observed: Observed,
  sight: { readonly places: readonly Place[]; readonly hosts: ReadonlyMap<string, Host> | null },
): Promise<readonly Stranded[]> {
  const { replaceAfterSeconds } = operated.ring.spec;
  const { hosts } = sight;
  if (replaceAfterSeconds === undefined || hosts === null) return [];
  const found: Stranded[] = [];
  for (const place of sight.places) {
    const node = observed.nodes.find(({ id }) => id === place.id);
    const isSilent = node?.report === null && node.silentMs >= replaceAfterSeconds * 1000;
    if (!isSilent || !couldStrand(place, hosts)) continue;
    if (!(await isOutOfReach(operated, place, hosts))) continue;
    const incarnations = (observed.document?.members ?? [])
      .filter((member) => member.id === place.id && !member.lost)
      .map(({ incarnation }) => incarnation);
    found.push({ place, incarnations });
  }
  return found;
}

/**
 * Gives the place free: claim and pod go, and the StatefulSet makes new ones. Only once the stored
 * document calls all who lived there lost. Each step is found done or not done by whoever comes after.
 */
export async function forsake(
  operated: Operated,
  { place: { id, claim, pod } }: Stranded,
): Promise<void> {
  const { ring, api, tell } = operated;
  if (claim !== null && claim.metadata.deletionTimestamp === undefined) {
    const { name } = claim.metadata;
    await deleteClaim(operated, claim);
    tell({
      type: 'Warning',
      reason: 'VolumeForsaken',
      message: `Claim ${name} is deleted: its volume lies on a host that is no more; ${id} starts anew`,
      about: name,
    });
  }
  // While a pod is there, the claim only waits to go.
  if (pod !== null)
    await api.remove(refIn(ring, PODS, pod.metadata.name), { uid: pod.metadata.uid ?? '' }, 0);
}

/** What needs no further question: a volume, and no living host under the pod. */
function couldStrand({ pod, claim }: Place, hosts: ReadonlyMap<string, Host>): boolean {
  const on = pod?.spec.nodeName;
  if (claim?.spec.volumeName === undefined || (on && hosts.has(on))) return false;
  return !isSpent(claim) || isForsaken(claim);
}

/** Given up already, by one who may not have come to the end of it. */
function isForsaken(claim: Claim): boolean {
  const { incarnation, epoch, keep } = tombstoneOf(claim) ?? {};
  return incarnation === NOBODYS.incarnation && epoch === NOBODYS.epoch && keep === NOBODYS.keep;
}

async function isOutOfReach(
  { api }: Operated,
  { claim }: Place,
  hosts: ReadonlyMap<string, Host>,
): Promise<boolean> {
  const name = claim?.spec.volumeName ?? '';
  const volume = await api.get<Volume>({ kind: VOLUMES, namespace: null, name });
  const terms = volume?.spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  if (terms.length === 0) return false;
  return terms.every(({ matchExpressions = [] }) => {
    const own = matchExpressions.find(({ key }) => OF_ONE_HOST.test(key));
    if (own?.operator !== 'In') return false;
    return ![...hosts.values()].some(({ metadata }) =>
      own.values?.includes(metadata.labels?.[own.key] ?? metadata.name),
    );
  });
}
