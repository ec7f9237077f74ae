// From a DhtCluster to what the planner is told, and to the revision that every node should run.
import type { ClusterSpec, DhtCluster } from '../core/api/cluster.ts';
import { nodeId } from '../core/api/ids.ts';
import { BARRIER_WAIT_MS, DATA_LIMITS } from '../core/limits.ts';
import { utf8, xxh64 } from '../core/xxh64.ts';
import type { Desired } from './planner/observed.ts';

/** What the user asks for. Two clusters with one spec have one Desired; platforms may have revisions of their own. */
export function desiredOf({ spec }: DhtCluster, revision = revisionOf(spec)): Desired {
  const { consistency, limits } = spec;
  return {
    replicas: spec.replicas,
    replicationFactor: spec.replicationFactor,
    readQuorum: consistency.read,
    writeQuorum: consistency.write,
    mode: consistency.mode,
    conflicts: consistency.conflicts,
    slotBits: spec.slotBits,
    limits: {
      keyBytesMax: DATA_LIMITS.keyBytesMax,
      valueBytesMax: limits.valueBytesMax,
      hintAgeMs: limits.hintAgeSeconds * 1000,
      tombstoneGraceMs: limits.tombstoneGraceSeconds * 1000,
      operationMs: limits.operationTimeoutSeconds * 1000,
    },
    paused: spec.paused,
    decommission: spec.decommission.map(nodeId),
    revision,
    replaceAfterMs: spec.replaceAfterSeconds === undefined ? null : spec.replaceAfterSeconds * 1000,
    abortAfterMs: spec.abortAfterSeconds * 1000,
    barrierWaitMs: BARRIER_WAIT_MS,
  };
}

/**
 * What a node is started with: a change of any of these restarts all nodes, one at a time.
 * Everything else reaches the nodes in the ring document, or never does.
 */
export function nodeSettings(spec: ClusterSpec) {
  return {
    ephemeral: spec.storage.ephemeral,
    durability: spec.storage.durability,
    cacheBytes: spec.storage.cacheBytes,
    handoffBytesPerSecond: spec.handoff.maxBytesPerSecond,
    corsOrigins: spec.http.corsOrigins,
    logLevel: spec.logLevel ?? 'info',
    restartedAt: spec.restartedAt ?? '',
  } as const;
}

type NodeSettings = ReturnType<typeof nodeSettings>;

/**
 * Settings as they stood when each was added. One that still has this value does not count, so that
 * an operator which knows more settings restarts nobody. Never change an entry, only add.
 */
export const UNSET_NODE_SETTINGS: NodeSettings = {
  ephemeral: false,
  durability: 'sync',
  cacheBytes: 67_108_864,
  handoffBytesPerSecond: 0,
  corsOrigins: [],
  logLevel: 'info',
  restartedAt: '',
};

/** 16 hexadecimal digits that change exactly when the settings of nodes do. */
export function revisionOf(spec: ClusterSpec): string {
  return settingsRevision(nodeSettings(spec), UNSET_NODE_SETTINGS);
}

/** The same for any settings: those that have their value of `unset` do not count. */
export function settingsRevision<S extends object>(settings: S, unset: NoInfer<S>): string {
  const given = Object.entries(settings)
    .map(([name, value]) => [name, JSON.stringify(value)] as const)
    .filter(([name, value]) => value !== JSON.stringify(unset[name as keyof S]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const { high, low } = xxh64(utf8(JSON.stringify(given)));
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
