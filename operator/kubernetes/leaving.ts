// Members that had better leave their places while they still can: a claim that somebody deleted goes with
// the pod that still holds it, and a host that stays cordoned is about to be taken away.
import type { NodeId } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { KUBE_CORDON_MS } from '../../core/limits.ts';
import { isLive } from './places.ts';
import type { Place } from './places.ts';
import type { Host } from './shapes.ts';

/** A member whose place is about to be taken away, for people. */
export interface Leaver {
  readonly id: NodeId;
  /** False: there is nowhere to go, so it stays until it is ended or may stay. */
  readonly leaves: boolean;
  readonly reason: 'ClaimDeleted' | 'HostCordoned';
  readonly message: string;
}

export interface Scene {
  readonly places: readonly Place[];
  readonly hosts: ReadonlyMap<string, Host> | null;
  readonly document: RingDocument | null;
  readonly nowMs: number;
}

export class Leaving {
  /** Since when each host is cordoned: as its taint says, else since it was first seen so. */
  private readonly cordonedMs = new Map<string, number>();

  /** Those that leave are decommissioned as if the spec said so, and asked to until they have left. */
  leavers(scene: Scene): readonly Leaver[] {
    this.lookAt(scene);
    const doomed = scene.places.flatMap(doomedAt);
    const known = new Set(doomed.map(({ id }) => id));
    return [...doomed, ...this.cordoned(scene).filter(({ id }) => !known.has(id))];
  }

  private lookAt({ hosts, nowMs }: Scene): void {
    for (const name of this.cordonedMs.keys())
      if (hosts?.get(name)?.spec?.unschedulable !== true) this.cordonedMs.delete(name);
    for (const [name, host] of hosts ?? [])
      if (host.spec?.unschedulable === true && !this.cordonedMs.has(name))
        this.cordonedMs.set(name, taintedMs(host) ?? nowMs);
  }

  /**
   * A reboot is over sooner than all keys have moved, so it is waited for. And only as many leave as
   * there are hosts without a member: where there is none, the drain itself takes one at a time.
   */
  private cordoned({ places, hosts, document, nowMs }: Scene): readonly Leaver[] {
    const overdue = places.filter(({ pod }) => {
      const sinceMs = this.cordonedMs.get(pod?.spec.nodeName ?? '');
      return isLive(pod) && sinceMs !== undefined && nowMs - sinceMs >= KUBE_CORDON_MS;
    });
    const free = freeHosts(places, hosts, document);
    return overdue.map(({ id, pod }, index) => {
      const host = `host ${pod?.spec.nodeName ?? ''}, cordoned for longer than a reboot takes`;
      const message =
        index < free
          ? `${id} leaves ${host}; uncordon it to keep the member there`
          : `${id} stays on ${host}: every other host has a member already. A drain may take it, one ` +
            'member at a time, and it comes back with its host; to move it, add a host';
      return { id, leaves: index < free, reason: 'HostCordoned', message };
    });
  }
}

/** Kubernetes notes it beside the taint that it puts on a cordoned host. */
function taintedMs({ spec }: Host): number | null {
  const taint = spec?.taints?.find(({ key }) => key === 'node.kubernetes.io/unschedulable');
  return taint?.timeAdded === undefined ? null : Date.parse(taint.timeAdded);
}

function doomedAt({ id, pod, claim }: Place): readonly Leaver[] {
  if (!isLive(pod) || claim?.metadata.deletionTimestamp === undefined) return [];
  return [
    {
      id,
      leaves: true,
      reason: 'ClaimDeleted',
      message:
        `Claim ${claim.metadata.name} was deleted and goes as soon as its pod ends: ${id} hands its ` +
        'slots over before that',
    },
  ];
}

/** Hosts on which no member stands yet; who is only about to join takes none away. */
function freeHosts(
  places: readonly Place[],
  hosts: ReadonlyMap<string, Host> | null,
  document: RingDocument | null,
): number {
  const settled = new Set(
    document?.members.filter(({ state }) => state !== 'joining').map(({ id }) => id),
  );
  const taken = new Set(
    places.flatMap(({ id, pod }) => (settled.has(id) ? (pod?.spec.nodeName ?? []) : [])),
  );
  return [...(hosts ?? [])].filter(([name, host]) => !taken.has(name) && isUsable(host)).length;
}

function isUsable({ spec, status }: Host): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return spec?.unschedulable !== true && ready?.status === 'True';
}
