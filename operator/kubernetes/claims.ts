// Looks after the claims of a ring: to whom they belong, how large they are, and that those which a
// member has left with a proof go, where they are not to be kept.
import { bytesOf } from '../../core/api/quantity.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { hasReceipt } from '../../core/membership/upkeep.ts';
import type { OwnerReference } from './api.ts';
import { documentIn } from './document-map.ts';
import { CLAIMS, CONFIG_MAPS, PODS, STATEFUL_SETS } from './kinds.ts';
import { canonicalBytes } from './manifests/quantities.ts';
import { ownerOf } from './manifests/ring.ts';
import type { Ring } from './manifests/ring.ts';
import { membersOf, shouldRun } from './members.ts';
import type { Members } from './members.ts';
import { claimName, CLUSTER_UID_LABEL, objectNames } from './names.ts';
import { refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import { isLive, ordinalIn } from './places.ts';
import type { Place } from './places.ts';
import { amountOf } from './amounts.ts';
import type { Claim, ConfigMap, Pod, StatefulSet } from './shapes.ts';
import { isSpent, NOBODYS, tombstoneAnnotation, tombstoneOf, usedVolume } from './volumes.ts';

/** What is to be changed of this claim; null: nothing, or it is none of a member's. */
export function claimPatch(claim: Claim, ring: Ring): object | null {
  const { metadata, spec, status } = claim;
  if (metadata.deletionTimestamp !== undefined || ordinalOf(claim, ring) === null) return null;
  const labels =
    metadata.labels?.[CLUSTER_UID_LABEL] === ring.uid
      ? undefined
      : { [CLUSTER_UID_LABEL]: ring.uid };
  const ownerReferences = ownersOf(metadata.ownerReferences ?? [], ring);
  const size = canonicalBytes(ring.spec.storage.size);
  // Another operator's spelling, or none: what isn't understood isn't touched.
  const isSmaller = (amountOf(spec.resources?.requests?.storage) ?? Infinity) < bytesOf(size);
  // The API server refuses it for a claim without a volume, such as a gap's; it grows once it has one.
  const grows = isSmaller && status?.phase === 'Bound';
  if (labels === undefined && ownerReferences === undefined && !grows) return null;
  return {
    metadata: {
      resourceVersion: metadata.resourceVersion,
      ...(labels === undefined ? {} : { labels }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    ...(grows ? { spec: { resources: { requests: { storage: size } } } } : {}),
  };
}

/**
 * Only what is to go with the DhtCluster is owned by it: the garbage collector then removes it, with
 * no need of an operator. undefined: they are as they should be.
 */
function ownersOf(
  present: readonly OwnerReference[],
  ring: Ring,
): readonly OwnerReference[] | undefined {
  const wanted = ring.spec.storage.retention.whenDeleted === 'Delete';
  const isOurs = ({ uid }: OwnerReference): boolean => uid === ring.uid;
  if (present.some(isOurs) === wanted) return undefined;
  return wanted
    ? [...present, { ...ownerOf(ring), controller: false }]
    : present.filter((owner) => !isOurs(owner));
}

interface Found {
  readonly members: Members;
  readonly places: readonly Place[];
  readonly claims: readonly Claim[];
}

/**
 * Claims that are to be deleted now: as far as was seen, nobody uses them and nobody should. Those of who
 * left with a proof, and those that were made for a gap which is gone.
 */
export function releasedClaims(ring: Ring, { members, places, claims }: Found): readonly Claim[] {
  if (ring.spec.paused) return [];
  return claims.filter((claim) => {
    const ordinal = ordinalOf(claim, ring);
    if (ordinal === null) return false;
    const pod = places.find((place) => place.ordinal === ordinal)?.pod ?? null;
    const at = { ordinal, members, pod };
    return isForgotten(claim, at) || isLeftOver(claim, at);
  });
}

export const namesOf = (claims: readonly Claim[]): readonly string[] =>
  claims.map(({ metadata }) => metadata.name);

/** null: its name is none of a member's claim. */
const ordinalOf = ({ metadata }: Claim, ring: Ring): number | null =>
  ordinalIn(metadata.name, claimName(ring.name, 0).slice(0, -1));

interface At {
  readonly ordinal: number;
  readonly members: Members;
  readonly pod: Pod | null;
}

/** True where who lived there has left for good, and nobody else uses it or should. */
function isForgotten(claim: Claim, { ordinal, members, pod }: At): boolean {
  if (claim.metadata.deletionTimestamp !== undefined || isLive(pod)) return false;
  if (!isSpent(claim) || tombstoneOf(claim)?.keep !== false) return false;
  return !shouldRun(members, ordinal);
}

/**
 * True where nothing was ever on it, or meant to be, and no pod will need it: the StatefulSet makes a claim
 * also for a pod that waits in the middle of others, and forgets it when it is lowered.
 */
function isLeftOver(claim: Claim, { ordinal, members, pod }: At): boolean {
  const { metadata, spec, status } = claim;
  if (metadata.deletionTimestamp !== undefined || pod !== null) return false;
  if (spec.volumeName !== undefined || spec.dataSourceRef !== undefined) return false;
  const isNew = status?.phase === 'Pending' && usedVolume(claim) === null;
  return isNew && tombstoneOf(claim) === null && ordinal >= members.replicas;
}

/**
 * Deletes the claim, judged once more by what is stored now (I6): nobody uses it, nobody should, and
 * the ring document names nobody who lived there without a receipt.
 */
export async function removeClaim(operated: Operated, seen: Claim): Promise<void> {
  const { ring, api, tell } = operated;
  const { name } = seen.metadata;
  const ordinal = ordinalOf(seen, ring);
  const ref = refIn(ring, CLAIMS, name);
  const claim = await api.get<Claim>(ref);
  if (ordinal === null || claim === null) return;
  const names = objectNames(ring.name);
  const pod = await api.get<Pod>(refIn(ring, PODS, `${ring.name}-${ordinal}`));
  const members = membersOf(await api.get<StatefulSet>(refIn(ring, STATEFUL_SETS, names.members)));
  const at = { ordinal, members, pod };
  const forgotten = isForgotten(claim, at);
  if (!forgotten && !isLeftOver(claim, at)) return;
  if (forgotten) {
    const map = await api.get<ConfigMap>(refIn(ring, CONFIG_MAPS, names.document));
    if (isNamed(documentIn(map), tombstoneOf(claim)?.incarnation ?? null)) return;
  }
  await deleteClaim(operated, claim);
  const why = forgotten
    ? 'its member has left, and others hold its slots'
    : 'nothing was ever on it, and no pod needs it';
  const message = `Deleted claim ${name}: ${why}`;
  tell({ type: 'Normal', reason: 'PVCDeleted', message, about: name });
}

/** As it is now. The API server lets nobody delete a claim without a mark, so it gets one first. */
export async function deleteClaim({ ring, api }: Operated, claim: Claim): Promise<void> {
  const { name, uid, resourceVersion } = claim.metadata;
  const ref = refIn(ring, CLAIMS, name);
  const annotations = tombstoneAnnotation(NOBODYS);
  const marked = isSpent(claim)
    ? claim
    : await api.patch<Claim>(ref, { metadata: { resourceVersion, annotations } });
  const now = marked.metadata.resourceVersion;
  await api.remove(ref, { uid: uid ?? '', ...(now === undefined ? {} : { resourceVersion: now }) });
}

function isNamed(document: RingDocument | null, incarnation: string | null): boolean {
  return (document?.members ?? []).some(
    (member) =>
      member.incarnation === incarnation &&
      !member.lost &&
      !hasReceipt(document!, member.incarnation),
  );
}
