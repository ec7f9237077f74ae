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
import { isSpent, tombstoneOf } from './volumes.ts';

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

/** Claims that are to be deleted now: as far as was seen, nobody uses them and nobody should. */
export function releasedClaims(ring: Ring, { members, places, claims }: Found): readonly Claim[] {
  if (ring.spec.paused) return [];
  return claims.filter((claim) => {
    const ordinal = ordinalOf(claim, ring);
    if (ordinal === null || !isForgotten(claim) || shouldRun(members, ordinal)) return false;
    return !places.some((place) => place.ordinal === ordinal && isLive(place.pod));
  });
}

export const namesOf = (claims: readonly Claim[]): readonly string[] =>
  claims.map(({ metadata }) => metadata.name);

/** null: its name is none of a member's claim. */
const ordinalOf = ({ metadata }: Claim, ring: Ring): number | null =>
  ordinalIn(metadata.name, claimName(ring.name, 0).slice(0, -1));

/** True where a claim may go for good, as far as the claim itself tells. */
function isForgotten(claim: Claim): boolean {
  const { deletionTimestamp } = claim.metadata;
  return isSpent(claim) && tombstoneOf(claim)?.keep === false && deletionTimestamp === undefined;
}

/**
 * Deletes the claim, judged once more by what is stored now (I6): nobody uses it, nobody should, and
 * the ring document names nobody who lived there without a receipt.
 */
export async function removeClaim(operated: Operated, seen: Claim): Promise<void> {
  const { ring, api, tell } = operated;
  const ordinal = ordinalOf(seen, ring);
  const ref = refIn(ring, CLAIMS, seen.metadata.name);
  const claim = await api.get<Claim>(ref);
  if (ordinal === null || claim === null || !isForgotten(claim)) return;
  const { name, uid, resourceVersion } = claim.metadata;
  const names = objectNames(ring.name);
  const pod = await api.get<Pod>(refIn(ring, PODS, `${ring.name}-${ordinal}`));
  if (isLive(pod)) return;
  const members: Members = membersOf(
    await api.get<StatefulSet>(refIn(ring, STATEFUL_SETS, names.members)),
  );
  if (shouldRun(members, ordinal)) return;
  const document = documentIn(await api.get<ConfigMap>(refIn(ring, CONFIG_MAPS, names.document)));
  if (isNamed(document, tombstoneOf(claim)?.incarnation ?? null)) return;
  await api.remove(ref, {
    uid: uid ?? '',
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
  tell({
    type: 'Normal',
    reason: 'PVCDeleted',
    message: `Deleted claim ${name}: its member has left, and others hold its slots`,
    about: name,
  });
}

function isNamed(document: RingDocument | null, incarnation: string | null): boolean {
  return (document?.members ?? []).some(
    (member) =>
      member.incarnation === incarnation &&
      !member.lost &&
      !hasReceipt(document!, member.incarnation),
  );
}
