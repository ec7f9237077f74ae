// A small cluster's manifest, for tests of the local platform.
import type { LocalEvents } from '../../../operator/local/open.ts';

export function manifestText({
  replicas,
  name = 'ring',
}: {
  replicas: number;
  name?: string;
}): string {
  return `apiVersion: dht.ringkeeper.dev/v1alpha1
kind: DhtCluster
metadata:
  name: ${name}
spec:
  replicas: ${replicas}      # members
  replicationFactor: 1
`;
}

export const SILENT_EVENTS: LocalEvents = {
  opened: () => undefined,
  process: () => undefined,
  manifest: () => undefined,
  status: () => undefined,
};
