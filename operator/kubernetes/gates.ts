// Lets pods start: each is told its volume first, so that a node whose data lies on another one than it
// was written on (a restored snapshot, what a member left behind) starts anew, empty (R9).
import { nodeId } from '../../core/api/ids.ts';
import type { NodeId, Zone } from '../../core/api/ids.ts';
import { RingError } from '../../core/errors.ts';
import { CLAIMS, PODS, STATEFUL_SETS } from './kinds.ts';
import { membersOf, shouldRun } from './members.ts';
import { claimName, GATE, objectNames, VOLUME_ANNOTATION } from './names.ts';
import { refIn } from './operated.ts';
import type { Operated } from './operated.ts';
import { isGated } from './places.ts';
import type { Place } from './places.ts';
import type { Claim, Host, Pod, StatefulSet } from './shapes.ts';
import { usedAnnotation, usedVolume, volumeOf } from './volumes.ts';
import { emptiestZone, preferredZone, preferring } from './zones.ts';

interface Scene {
  readonly places: readonly Place[];
  readonly hosts: ReadonlyMap<string, Host> | null;
  /** Members that had better be elsewhere, whatever the spec says. */
  readonly leaving: readonly NodeId[];
}

/** Opens the gates of pods that should run. What changes meanwhile is left for the next look. */
export async function openGates(
  operated: Operated,
  { places, hosts, leaving }: Scene,
): Promise<void> {
  const waiting = places.filter(({ pod, process }) => isWaiting(pod) && process === 'crashed');
  if (waiting.length === 0) return;
  // Whether they should run, and on what, is read again: an old view could start what has left.
  const { ring, api } = operated;
  const members = membersOf(
    await api.get<StatefulSet>(refIn(ring, STATEFUL_SETS, objectNames(ring.name).members)),
  );
  const { zoneKey } = ring.spec.topology;
  const gone = [...ring.spec.decommission.map(nodeId), ...leaving];
  const steered = new Map<NodeId, Zone>();
  for (const { id, pod } of places) {
    const wish = pod === null ? null : preferredZone(pod, zoneKey);
    if (wish !== null) steered.set(id, wish);
  }
  for (const { id, pod, ordinal } of waiting) {
    if (pod !== null && shouldRun(members, ordinal)) {
      const zone = emptiestZone({ members, places, hosts, zoneKey, leaving: gone, steered });
      if (zone !== null) steered.set(id, zone);
      await openGate(operated, { pod, ordinal, zone }).catch(unlessConflict);
    }
  }
}

const isWaiting = (pod: Pod | null): boolean =>
  pod !== null && isGated(pod) && pod.metadata.deletionTimestamp === undefined;

interface Opening {
  readonly pod: Pod;
  readonly ordinal: number;
  /** Where it had best stand, if it is free to choose. */
  readonly zone: Zone | null;
}

async function openGate(operated: Operated, { pod, ordinal, zone }: Opening): Promise<void> {
  const { ring, api } = operated;
  const { ephemeral } = ring.spec.storage;
  const taken = ephemeral ? FREE : await takenVolume(operated, ordinal);
  if (taken === null) return;
  const { name, resourceVersion } = pod.metadata;
  const others = (pod.spec.schedulingGates ?? []).filter((gate) => gate.name !== GATE);
  const isSteered = zone !== null && !taken.isBound;
  await api.patch(refIn(ring, PODS, name), {
    metadata: { resourceVersion, annotations: { [VOLUME_ANNOTATION]: taken.volume } },
    spec: {
      schedulingGates: others.length === 0 ? null : others,
      ...(isSteered ? { affinity: preferring(ring.spec.topology.zoneKey, zone) } : {}),
    },
  });
}

interface Taken {
  readonly volume: string;
  /** Where it is decides where the pod can be. */
  readonly isBound: boolean;
}

/** Memory only. */
const FREE: Taken = { volume: '', isBound: false };

/** The claim's volume, once the claim carries its name; null: there is none yet, or it is going. */
async function takenVolume({ ring, api }: Operated, ordinal: number): Promise<Taken | null> {
  const ref = refIn(ring, CLAIMS, claimName(ring.name, ordinal));
  const claim = await api.get<Claim>(ref);
  if (claim === null || claim.metadata.deletionTimestamp !== undefined) return null;
  const volume = volumeOf(claim);
  if (usedVolume(claim) !== volume) {
    const { resourceVersion } = claim.metadata;
    await api.patch(ref, { metadata: { resourceVersion, annotations: usedAnnotation(volume) } });
  }
  return { volume, isBound: claim.spec.volumeName !== undefined };
}

function unlessConflict(error: unknown): void {
  if (!(error instanceof RingError && error.code === 'CONFLICT')) throw error;
}
