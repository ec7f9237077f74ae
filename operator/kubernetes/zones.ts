// In which zone a member stands: a label of its host. Without the right to read hosts, the label that
// newer releases of Kubernetes copy onto the pod; without that, all members are in one zone.
import { zone } from '../../core/api/ids.ts';
import type { Zone } from '../../core/api/ids.ts';
import type { Host, Pod } from './shapes.ts';

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
