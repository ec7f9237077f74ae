// The two Services of a ring: ready nodes for clients, and a stable name for each member.
import type { KubeObject } from '../api.ts';
import { SERVICES } from '../kinds.ts';
import { objectNames, PORTS, selectorOf } from '../names.ts';
import { ownedMetadata } from './ring.ts';
import type { Ring } from './ring.ts';

const port = (name: keyof typeof PORTS, appProtocol: string) => ({
  name,
  port: PORTS[name],
  targetPort: name,
  protocol: 'TCP',
  appProtocol,
});

/** Clients reach any node that is ready. */
export function clientService(ring: Ring): KubeObject {
  const { apiVersion, kind } = SERVICES;
  return {
    apiVersion,
    kind,
    metadata: ownedMetadata(ring, objectNames(ring.name).client),
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(ring.name),
      ports: [port('client', 'http')],
    },
  } as KubeObject;
}

/** Members find one another before they are ready: readiness needs the ring. */
export function peerService(ring: Ring): KubeObject {
  const { apiVersion, kind } = SERVICES;
  return {
    apiVersion,
    kind,
    metadata: ownedMetadata(ring, objectNames(ring.name).peers),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: selectorOf(ring.name),
      ports: [port('peer', 'tcp'), port('admin', 'http')],
    },
  } as KubeObject;
}

/** Where a member's peer port is reached, whatever its pod's address is now. */
export function peerAddress({ name, namespace }: Pick<Ring, 'name' | 'namespace'>, pod: string) {
  return `${pod}.${objectNames(name).peers}.${namespace}.svc:${PORTS.peer}`;
}
