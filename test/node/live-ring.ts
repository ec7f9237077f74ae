// The ring document of real nodes in this process, each in a zone of its own.
import { incarnation, nodeId, zone } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { claim } from '../../core/ring/claim.ts';
import type { RunningNode } from '../../node/running-node.ts';
import { oneMemberRing } from './one-member-ring.ts';

/** They serve in epoch 1; half of the copies and one more are a quorum. */
export function ringOf(
  nodes: readonly RunningNode[],
  replicationFactor = Math.min(3, nodes.length),
): RingDocument {
  const seats = nodes.map((node, i) => ({
    incarnation: incarnation(node.ports.incarnation),
    zone: zone(`z${i}`),
  }));
  const quorum = Math.floor(replicationFactor / 2) + 1;
  return oneMemberRing(seats[0]!.incarnation, {
    members: nodes.map((node, i) => ({
      ...seats[i]!,
      id: nodeId(node.ports.id),
      address: node.ports.advertise,
      state: 'serving',
      lost: false,
    })),
    current: claim({
      from: null,
      seats,
      slotBits: 4,
      replicationFactor,
      readQuorum: quorum,
      writeQuorum: quorum,
    }),
  });
}
