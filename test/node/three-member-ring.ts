// A ring of three members, two replicas, 16 slots handed out in turn, for tests of what is shown of it.
import { incarnation, nodeId, zone } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { oneMemberRing } from './one-member-ring.ts';

export const THREE = ['aa', 'bb', 'cc'].map((pair) => incarnation(pair.repeat(8)));

export function threeMemberRing(first: string, changes: Partial<RingDocument> = {}): RingDocument {
  const seats = THREE.map((id, i) => ({ incarnation: id, zone: zone(`z${i}`) }));
  return oneMemberRing(THREE[0]!, {
    members: seats.map((seat, i) => ({
      ...seat,
      id: nodeId(i === 0 ? first : `dev-${i}`),
      address: `h:${i}`,
      state: 'serving',
      lost: false,
    })),
    current: {
      layout: { kind: 'flat' },
      replicationFactor: 2,
      readQuorum: 1,
      writeQuorum: 2,
      seats,
      owners: [Uint16Array.from({ length: 16 }, (_, slot) => slot % 3)],
    },
    ...changes,
  });
}
