// What a volume is called in the ring: by its node, in receipts and to the planner (R9, I6). It is the
// claim's UID. A claim whose member has left with a receipt has another name from then on, so that its
// data can never answer again: a node that finds itself on another volume starts anew, empty.
import { RECEIPT_ANNOTATION, VOLUME_ANNOTATION } from './names.ts';
import type { Claim, Pod } from './shapes.ts';

/** On a claim whose data is proved to be held by others, or never was of any ring. */
export interface Tombstone {
  /** Who lived there; null: nobody that told a name. */
  readonly incarnation: string | null;
  /** Of its receipt; 0: no document ever named it. */
  readonly epoch: number;
  /** The retention policy at that time: the claim stays, for whoever wants to look into it. */
  readonly keep: boolean;
}

/** Of a claim that nobody left with a receipt: nothing was ever on it, or what was is out of reach for good. */
export const NOBODYS: Tombstone = { incarnation: null, epoch: 0, keep: false };

/** The name under which a node gets this claim. */
export function volumeOf(claim: Claim): string {
  const tombstone = tombstoneOf(claim);
  const uid = claim.metadata.uid ?? '';
  return tombstone === null ? uid : `${uid}@${tombstone.incarnation ?? ''}@${tombstone.epoch}`;
}

/** The volume that a pod was started with; null: it has not been started yet. */
export function volumeOfPod(pod: Pod): string | null {
  return pod.metadata.annotations?.[VOLUME_ANNOTATION] ?? null;
}

/** The name that the claim's data last had, receipt or not; null: it was never used. */
export function usedVolume(claim: Claim): string | null {
  return claim.metadata.annotations?.[VOLUME_ANNOTATION] ?? null;
}

/** True where its last user left for good: whatever gets it next starts empty. */
export function isSpent(claim: Claim): boolean {
  return tombstoneOf(claim) !== null && usedVolume(claim) !== volumeOf(claim);
}

/** null: none, so its data counts. */
export function tombstoneOf(claim: Claim): Tombstone | null {
  const text = claim.metadata.annotations?.[RECEIPT_ANNOTATION];
  if (text === undefined) return null;
  try {
    const { incarnation, epoch, keep } = JSON.parse(text) as Partial<Tombstone>;
    return { incarnation: incarnation ?? null, epoch: epoch ?? 0, keep: keep !== false };
  } catch {
    // Somebody else wrote it: no proof of anything.
    return null;
  }
}

export function tombstoneAnnotation({ incarnation, epoch, keep }: Tombstone) {
  return { [RECEIPT_ANNOTATION]: JSON.stringify({ incarnation, epoch, keep }) };
}

export const usedAnnotation = (volume: string): Record<string, string> => ({
  [VOLUME_ANNOTATION]: volume,
});
