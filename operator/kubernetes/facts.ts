// From places to what the survey asks the nodes of.
import { zone } from '../../core/api/ids.ts';
import type { NodeId } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import type { NodeClient } from '../node-client.ts';
import type { NodeFacts } from '../survey.ts';
import { CONTAINER } from './manifests/pod-template.ts';
import { REVISION_ANNOTATION } from './names.ts';
import { isLive } from './places.ts';
import type { Place } from './places.ts';
import type { Host, Pod } from './shapes.ts';
import { zoneOf } from './zones.ts';

export interface Surroundings {
  readonly lives: Lives;
  readonly nowMs: number;
  /** What starts next gets this revision. */
  readonly revision: string;
  readonly zoneKey: string;
  readonly hosts: ReadonlyMap<string, Host> | null;
  readonly document: RingDocument | null;
  readonly addressOf: (pod: string) => string;
  readonly clientOf: (pod: Pod) => NodeClient | null;
  /** What a node last said that its volume is. */
  readonly lastVolume: (id: NodeId) => string | null;
  readonly ephemeral: boolean;
}

/**
 * When each life of each process was first seen here. Hosts have clocks of their own, so what they say
 * about the start of a container can't be compared with when a node was heard.
 */
export class Lives {
  private readonly seen = new Map<NodeId, { readonly life: string; readonly sinceMs: number }>();

  /** Wall clock in ms. */
  since(id: NodeId, pod: Pod, nowMs: number): number {
    const container = pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER);
    const life = `${pod.metadata.uid ?? ''} ${container?.restartCount ?? 0}`;
    const known = this.seen.get(id);
    if (known?.life === life) return known.sinceMs;
    this.seen.set(id, { life, sinceMs: nowMs });
    return nowMs;
  }
}

export function factsOf(places: readonly Place[], around: Surroundings): readonly NodeFacts[] {
  return places.map((place): NodeFacts => {
    const { id, process } = place;
    const pod = isLive(place.pod) ? place.pod : null;
    const known = around.document?.members.find((member) => member.id === id)?.zone;
    return {
      id,
      process,
      startedMs: pod === null ? 0 : around.lives.since(id, pod, around.nowMs),
      revision: pod?.metadata.annotations?.[REVISION_ANNOTATION] ?? around.revision,
      address: around.addressOf(id),
      volume:
        around.ephemeral && place.volume !== null
          ? (around.lastVolume(id) ?? place.volume)
          : place.volume,
      client: pod === null ? null : around.clientOf(pod),
      zone: zoneOf(pod, around.hosts, around.zoneKey) ?? known ?? zone(''),
    };
  });
}
