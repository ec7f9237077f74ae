// Lets pods start: each is told its volume first, so that a node whose data lies on another one than it
// was written on (a restored snapshot, what a member left behind) starts anew, empty (R9).
import { RingError } from '../../core/errors.ts';
import { CLAIMS, PODS, STATEFUL_SETS } from './kinds.ts';
import { membersOf, shouldRun } from './members.ts';
import { claimName, GATE, objectNames, VOLUME_ANNOTATION } from './names.ts';
import { refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import { isGated } from './places.ts';
import type { Place } from './places.ts';
import type { Claim, Pod, StatefulSet } from './shapes.ts';
import { usedAnnotation, usedVolume, volumeOf } from './volumes.ts';

/** Opens the gates of pods that should run. What changes meanwhile is left for the next look. */
export async function openGates(operated: Operated, places: readonly Place[]): Promise<void> {
  const waiting = places.filter(({ pod, process }) => isWaiting(pod) && process === 'crashed');
  if (waiting.length === 0) return;
  // Whether they should run, and on what, is read again: an old view could start what has left.
  const { ring, api } = operated;
  const members = membersOf(
    await api.get<StatefulSet>(refIn(ring, STATEFUL_SETS, objectNames(ring.name).members)),
  );
  for (const { pod, ordinal } of waiting) {
    if (pod !== null && shouldRun(members, ordinal)) {
      await openGate(operated, pod, ordinal).catch(unlessConflict);
    }
  }
}

const isWaiting = (pod: Pod | null): boolean =>
  pod !== null && isGated(pod) && pod.metadata.deletionTimestamp === undefined;

async function openGate(operated: Operated, pod: Pod, ordinal: number): Promise<void> {
  const { ring, api } = operated;
  const volume = ring.spec.storage.ephemeral ? '' : await takenVolume(operated, ordinal);
  if (volume === null) return;
  const { name, resourceVersion } = pod.metadata;
  const others = (pod.spec.schedulingGates ?? []).filter((gate) => gate.name !== GATE);
  await api.patch(refIn(ring, PODS, name), {
    metadata: { resourceVersion, annotations: { [VOLUME_ANNOTATION]: volume } },
    spec: { schedulingGates: others.length === 0 ? null : others },
  });
}

/** The name of the claim's volume, once the claim carries it; null: there is none yet, or it is going. */
async function takenVolume({ ring, api }: Operated, ordinal: number): Promise<string | null> {
  const ref = refIn(ring, CLAIMS, claimName(ring.name, ordinal));
  const claim = await api.get<Claim>(ref);
  if (claim === null || claim.metadata.deletionTimestamp !== undefined) return null;
  const volume = volumeOf(claim);
  if (usedVolume(claim) !== volume) {
    const { resourceVersion } = claim.metadata;
    await api.patch(ref, { metadata: { resourceVersion, annotations: usedAnnotation(volume) } });
  }
  return volume;
}

function unlessConflict(error: unknown): void {
  if (!(error instanceof RingError && error.code === 'CONFLICT')) throw error;
}
