// What fields of DhtCluster's spec must agree upon. Each rule stands twice, as CEL for the API
// server and as a predicate for the parser; a test requires the same verdict of both.
import { POD_RULES } from './cluster-pod-rules.ts';
import { bytesOf } from './quantity.ts';
import type { ClusterRule, UpdateRule } from './rule.ts';

/** The quorum of a read or write that names none: a majority of the replicas. */
export function majority(replicationFactor: number): number {
  return Math.floor(replicationFactor / 2) + 1;
}

const quorumInCel = (name: 'read' | 'write'): string =>
  `(has(self.consistency.${name}) ? self.consistency.${name} : self.replicationFactor / 2 + 1)`;

/** maxBytesPerSecond below this would make a page of a stream outlast its deadline. */
const HANDOFF_RATE_MIN = 65536;

export const RULES: readonly ClusterRule[] = [
  {
    at: 'spec',
    cel: 'self.replicas >= self.replicationFactor',
    message: 'replicas is below replicationFactor; raise replicas or lower replicationFactor',
    holds: (spec) => spec.replicas >= spec.replicationFactor,
    problem: (spec) => ({
      path: 'spec.replicas',
      wrong:
        `${String(spec.replicas)} is below spec.replicationFactor ` +
        String(spec.replicationFactor),
      right: 'raise replicas or lower replicationFactor',
    }),
  },
  quorumRule('read'),
  quorumRule('write'),
  {
    at: 'spec',
    cel:
      `self.consistency.mode != 'strict' || ${quorumInCel('read')} + ${quorumInCel('write')}` +
      ' > self.replicationFactor',
    message:
      'with mode strict, consistency.read + consistency.write must be above ' +
      'replicationFactor, or a read could miss an acknowledged write; raise one of them, or set ' +
      'mode to sloppy',
    holds: ({ consistency: { mode, read, write }, replicationFactor }) =>
      mode !== 'strict' || read + write > replicationFactor,
    problem: ({ consistency: { read, write }, replicationFactor }) => ({
      path: 'spec.consistency',
      wrong:
        `with mode strict, read ${String(read)} + write ${String(write)} is not above ` +
        `spec.replicationFactor ${String(replicationFactor)}: a read could miss an ` +
        'acknowledged write',
      right:
        `raise read to ${String(replicationFactor - write + 1)} or write to ` +
        `${String(replicationFactor - read + 1)}, or set mode to sloppy`,
    }),
  },
  {
    at: 'spec.limits',
    cel: 'self.tombstoneGraceSeconds > self.hintAgeSeconds + self.operationTimeoutSeconds',
    message:
      'tombstoneGraceSeconds must be above hintAgeSeconds + operationTimeoutSeconds, or a ' +
      'late hint could bring a deleted key back; raise tombstoneGraceSeconds or lower ' +
      'hintAgeSeconds',
    holds: ({ limits }) =>
      limits.tombstoneGraceSeconds > limits.hintAgeSeconds + limits.operationTimeoutSeconds,
    problem: ({ limits }) => ({
      path: 'spec.limits.tombstoneGraceSeconds',
      wrong:
        `${String(limits.tombstoneGraceSeconds)} is not above hintAgeSeconds ` +
        `${String(limits.hintAgeSeconds)} + operationTimeoutSeconds ` +
        `${String(limits.operationTimeoutSeconds)}: a late hint could bring a deleted key back`,
      right: 'raise tombstoneGraceSeconds or lower hintAgeSeconds',
    }),
  },
  {
    at: 'spec.handoff',
    cel: `self.maxBytesPerSecond == 0 || self.maxBytesPerSecond >= ${String(HANDOFF_RATE_MIN)}`,
    message: `maxBytesPerSecond must be 0 (no limit) or at least ${String(HANDOFF_RATE_MIN)}`,
    holds: ({ handoff }) =>
      handoff.maxBytesPerSecond === 0 || handoff.maxBytesPerSecond >= HANDOFF_RATE_MIN,
    problem: ({ handoff }) => ({
      path: 'spec.handoff.maxBytesPerSecond',
      wrong: `${String(handoff.maxBytesPerSecond)} is too slow to end`,
      right: `give at least ${String(HANDOFF_RATE_MIN)}, or 0 for no limit`,
    }),
  },
  {
    at: 'spec',
    cel: '!self.hibernate || !self.storage.ephemeral',
    message:
      'hibernate must be false where storage.ephemeral is true: members that stop would lose all ' +
      'data',
    holds: (spec) => !spec.hibernate || !spec.storage.ephemeral,
    problem: () => ({
      path: 'spec.hibernate',
      wrong: 'with storage.ephemeral, members that stop would lose all data',
      right: 'leave hibernate out, or delete the ring',
    }),
  },
  ...POD_RULES,
];

function quorumRule(name: 'read' | 'write'): ClusterRule {
  const field = `self.consistency.${name}`;
  return {
    at: 'spec',
    cel: `!has(${field}) || ${field} <= self.replicationFactor`,
    message:
      `consistency.${name} is above replicationFactor; lower it, or leave it out for a ` +
      'majority',
    holds: (spec) => spec.consistency[name] <= spec.replicationFactor,
    problem: (spec) => ({
      path: `spec.consistency.${name}`,
      wrong:
        `${String(spec.consistency[name])} is above spec.replicationFactor ` +
        String(spec.replicationFactor),
      right: `give at most ${String(spec.replicationFactor)}, or leave it out for a majority`,
    }),
  };
}

const ANOTHER_RING = 'put it back, or make a new ring and copy the keys';
const fixed = (field: string, of: UpdateRule['of']): UpdateRule => ({
  at: `spec.${field}`,
  field,
  of,
  may: 'cannot be changed',
  right: ANOTHER_RING,
});

export const UPDATE_RULES: readonly UpdateRule[] = [
  fixed('slotBits', (spec) => spec.slotBits),
  fixed('limits', (spec) => spec.limits),
  fixed('storage.ephemeral', (spec) => spec.storage.ephemeral),
  {
    ...fixed('topology.zones', (spec) => spec.topology.zones),
    // A member's zone goes by its ordinal, so the order counts; sets are equal in any order.
    cel: "self.join(',') == oldSelf.join(',')",
  },
  fixed('topology.zoneKey', (spec) => spec.topology.zoneKey),
  {
    ...fixed('storage.storageClassName', (spec) => spec.storage.storageClassName),
    // Carried by what holds it: a rule at an optional field is not asked when it comes or goes.
    at: 'spec.storage',
    cel:
      'has(self.storageClassName) == has(oldSelf.storageClassName) && ' +
      '(!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)',
  },
  {
    at: 'spec.storage',
    cel: 'quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0',
    field: 'storage.size',
    of: (spec) => spec.storage.size,
    holds: (old, next) => bytesOf(next.storage.size) >= bytesOf(old.storage.size),
    may: 'can only grow',
    right: ANOTHER_RING,
  },
];
