import { describe, expect, test } from '@jest/globals';
import { parseCluster, type DhtCluster } from '../../core/api/cluster.ts';
import { DATA_LIMITS } from '../../core/limits.ts';
import { desiredOf } from '../../operator/desired.ts';

const clusterOf = (spec: object): DhtCluster => {
  const head = {
    apiVersion: 'dht.ringkeeper.dev/v1alpha1',
    kind: 'DhtCluster',
    metadata: { name: 'dev' },
  };
  const parsed = parseCluster({ ...head, spec });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.cluster;
};
const revisionOf = (spec: object): string => desiredOf(clusterOf(spec)).revision;

describe('what the planner is told', () => {
  test('of a ring of defaults', () => {
    const { revision, ...rest } = desiredOf(clusterOf({}));
    expect(revision).toMatch(/^[0-9a-f]{16}$/);
    expect(rest).toEqual({
      replicas: 3,
      replicationFactor: 3,
      readQuorum: 2,
      writeQuorum: 2,
      mode: 'strict',
      conflicts: 'siblings',
      slotBits: 12,
      limits: DATA_LIMITS,
      paused: false,
      decommission: [],
      replaceAfterMs: null,
      abortAfterMs: 60_000,
      barrierWaitMs: 10_000,
    });
  });

  test('in milliseconds where the manifest has seconds', () => {
    const desired = desiredOf(
      clusterOf({
        replaceAfterSeconds: 600,
        abortAfterSeconds: 90,
        limits: { hintAgeSeconds: 60, tombstoneGraceSeconds: 100, operationTimeoutSeconds: 2 },
      }),
    );
    expect([desired.replaceAfterMs, desired.abortAfterMs]).toEqual([600_000, 90_000]);
    expect(desired.limits).toMatchObject({
      hintAgeMs: 60_000,
      tombstoneGraceMs: 100_000,
      operationMs: 2_000,
    });
  });

  test('of members to take out, by name', () => {
    expect(desiredOf(clusterOf({ decommission: ['dev-1'], paused: true }))).toMatchObject({
      decommission: ['dev-1'],
      paused: true,
    });
  });
});

describe('the revision of nodes', () => {
  test.each([
    { replicas: 5 },
    { replicationFactor: 2 },
    { consistency: { conflicts: 'lastWriterWins' } },
    { paused: true },
    { decommission: ['dev-0'] },
    { abortAfterSeconds: 61 },
    { replaceAfterSeconds: 61 },
    { local: { clientPort: 9 } },
    { logLevel: 'info' },
  ])('stays when %j is changed: the ring document or the operator carries it', (spec) => {
    expect(revisionOf(spec)).toBe(revisionOf({}));
  });

  test.each([
    { storage: { durability: 'relaxed' } },
    { storage: { cacheBytes: 2 ** 21 } },
    { storage: { ephemeral: true } },
    { handoff: { maxBytesPerSecond: 2 ** 20 } },
    { http: { corsOrigins: ['*'] } },
    { logLevel: 'debug' },
    { restartedAt: 'now' },
  ])('changes with %j, which a node reads at its start', (spec) => {
    expect(revisionOf(spec)).not.toBe(revisionOf({}));
  });

  test('changes with every new word in restartedAt', () => {
    expect(revisionOf({ restartedAt: 'a' })).not.toBe(revisionOf({ restartedAt: 'b' }));
  });

  test('is the same in every release, so that an upgrade of the operator restarts nobody', () => {
    expect(revisionOf({})).toBe('ccab0b28617f1f56');
    expect(revisionOf({ storage: { durability: 'relaxed' }, restartedAt: 'now' })).toBe(
      '78164077fa5078e7',
    );
  });
});
