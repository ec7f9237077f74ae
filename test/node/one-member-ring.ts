// A ring of one member, for tests of what stands around the replica.
import { clusterId, nodeId, zone } from '../../core/api/ids.ts';
import type { Incarnation } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { atRest } from '../core/membership/at-rest.ts';

export function oneMemberRing(
  incarnation: Incarnation,
  changes: Partial<RingDocument> = {},
): RingDocument {
  const slotBits = changes.slotBits ?? 4;
  return atRest({
    clusterId: clusterId('test-ring'),
    slotBits,
    members: [
      {
        id: nodeId('dev-0'),
        incarnation,
        address: '127.0.0.1:1',
        zone: zone('a'),
        state: 'serving',
        lost: false,
      },
    ],
    current: {
      layout: { kind: 'flat' },
      replicationFactor: 1,
      readQuorum: 1,
      writeQuorum: 1,
      seats: [{ incarnation, zone: zone('a') }],
      owners: [new Uint16Array(1 << slotBits)],
    },
    ...changes,
  });
}
