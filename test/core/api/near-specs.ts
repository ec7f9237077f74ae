// Random specs near every border of the rules between fields.
import { parseCluster } from '../../../core/api/cluster.ts';
import { fc } from '../../properties.ts';

const memoryTexts = fc.constantFrom('257Mi', '512Mi', '511Mi', '1Gi', '1G');

const anywhere = fc.record(
  {
    replicas: fc.integer({ min: 1, max: 8 }),
    replicationFactor: fc.integer({ min: 1, max: 7 }),
    consistency: fc.record(
      {
        read: fc.integer({ min: 1, max: 7 }),
        write: fc.integer({ min: 1, max: 7 }),
        mode: fc.constantFrom('strict', 'sloppy'),
      },
      { requiredKeys: [] },
    ),
    limits: fc.record({
      hintAgeSeconds: fc.integer({ min: 10, max: 12 }),
      operationTimeoutSeconds: fc.integer({ min: 1, max: 3 }),
      tombstoneGraceSeconds: fc.integer({ min: 11, max: 16 }),
    }),
    handoff: fc.record({ maxBytesPerSecond: fc.constantFrom(0, 1, 65535, 65536) }),
    slotBits: fc.constantFrom(8, 12),
    topology: fc.record({ zones: fc.constantFrom([], ['a', 'b'], ['b', 'a']) }),
    hibernate: fc.boolean(),
    storage: fc.record(
      {
        ephemeral: fc.boolean(),
        cacheBytes: fc.constantFrom(2 ** 20, 256 * 2 ** 20),
        size: fc.constantFrom('1Gi', '1025Mi', '1G', '2Gi'),
        storageClassName: fc.constantFrom('fast', 'slow'),
      },
      { requiredKeys: [] },
    ),
    resources: fc.record({
      requests: fc.record(
        { cpu: fc.constantFrom(1, '1', '999m', '1.5'), memory: memoryTexts },
        { requiredKeys: [] },
      ),
      limits: fc.record(
        { cpu: fc.constantFrom(1, '1000m', '1.499'), memory: memoryTexts },
        { requiredKeys: [] },
      ),
    }),
  },
  { requiredKeys: [] },
);

/** A manifest with this spec. */
export const manifestWith = (spec: unknown, name = 'dev') => ({
  apiVersion: 'dht.ringkeeper.dev/v1alpha1',
  kind: 'DhtCluster',
  metadata: { name },
  spec,
});

/** Specs near every border of the rules that the parser takes. */
export const nearAndRight = anywhere.filter(
  (spec) => 'cluster' in parseCluster(manifestWith(spec)),
);

/** Specs near every border of the rules, right and wrong; by chance alone 1 of 30 would be right. */
export const near = fc.oneof(
  { arbitrary: anywhere, weight: 9 },
  { arbitrary: nearAndRight, weight: 1 },
);
