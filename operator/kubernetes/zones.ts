// In which zone a member stands: a label of its host. Without the right to read hosts, the label that
// newer releases of Kubernetes copy onto the pod; without that, all members are in one zone.
import { zone } from '../../core/api/ids.ts';
import type { NodeId, Zone } from '../../core/api/ids.ts';
import { shouldRun } from './members.ts';
import type { Members } from './members.ts';
import type { Place } from './places.ts';
import type { Affinity, Host, Pod } from './shapes.ts';

/** Of hosts without the label, and of all where hosts can't be read. */
export const ONE_ZONE = zone('default');

/** `hosts`: null where they can't be read. null as the answer: the pod has no host yet. */
export function zoneOf(
  pod: Pod | null,
  hosts: ReadonlyMap<string, Host> | null,
  zoneKey: string,
): Zone | null {
  const name = pod?.spec.nodeName;
  if (pod === null || name === undefined) return null;
  const label = hosts?.get(name)?.metadata.labels?.[zoneKey] ?? pod.metadata.labels?.[zoneKey];
  return label === undefined || label === '' ? ONE_ZONE : zone(label);
}

export interface Spread {
  readonly members: Members;
  readonly places: readonly Place[];
  readonly hosts: ReadonlyMap<string, Host> | null;
  readonly zoneKey: string;
  /** Members that are about to leave: their places are as good as empty. */
  readonly leaving: readonly NodeId[];
  /** Where pods without a host were told to go. */
  readonly steered: ReadonlyMap<NodeId, Zone>;
}

/**
 * The zone in which another member would even things out; null: there is no choice, or it isn't known. The
 * scheduler counts members that are about to leave, and would put their successors elsewhere; and it
 * weighs spread against room and images, where a zone without a member costs a ring its zone rule.
 */
export function emptiestZone(spread: Spread): Zone | null {
  const { members, places, hosts, zoneKey, leaving, steered } = spread;
  if (hosts === null) return null;
  const counts = new Map<Zone, number>();
  for (const { metadata, spec } of hosts.values()) {
    const label = metadata.labels?.[zoneKey];
    if (label !== undefined && spec?.unschedulable !== true) counts.set(zone(label), 0);
  }
  if (counts.size < 2) return null;
  for (const { id, ordinal, pod } of places) {
    if (!shouldRun(members, ordinal) || leaving.includes(id)) continue;
    const there = zoneOf(pod, hosts, zoneKey) ?? steered.get(id);
    if (there !== undefined && counts.has(there)) counts.set(there, (counts.get(there) ?? 0) + 1);
  }
  const [first] = [...counts].sort(([a, n], [b, m]) => n - m || (a < b ? -1 : 1));
  return first?.[0] ?? null;
}

/** A wish, which may be told a pod while it waits at a gate: the zone may be full. */
export function preferring(key: string, zone: Zone): Affinity {
  const preference = { matchExpressions: [{ key, operator: 'In', values: [zone] }] };
  return {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference }],
    },
  };
}

/** The zone that a pod was told to prefer; null: none. */
export function preferredZone({ spec: { affinity } }: Pod, zoneKey: string): Zone | null {
  const wishes = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const [wish] = wishes.flatMap(({ preference }) => preference.matchExpressions ?? []);
  const value = wish?.key === zoneKey ? wish.values?.[0] : undefined;
  return value === undefined ? null : zone(value);
}
