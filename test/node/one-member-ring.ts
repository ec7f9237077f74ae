// A ring of one member, for tests of what stands around the replica.
import { clusterId, epoch, nodeId, zone } from '../../core/api/ids.ts';
import type { Incarnation } from '../../core/api/ids.ts';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { DATA_LIMITS } from '../../core/limits.ts';

export function oneMemberRing(
  incarnation: Incarnation,
  changes: Partial<RingDocument> = {},
): RingDocument {
  const slotBits = changes.slotBits ?? 4;
  return {
    clusterId: clusterId('test-ring'),
    epoch: epoch(1),
    phase: 'stable',
    slotBits,
    hash: 'xxh64',
    protocolVersion: 1,
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
    next: null,
    change: null,
    mode: 'strict',
    conflicts: 'siblings',
    limits: DATA_LIMITS,
    uncleaned: [],
    receipts: [],
    progress: { sinceMs: 0, fullBarrier: epoch(1) },
    ...changes,
  };
}
